
absolute() { case $1 in /*) printf '%s' "$1" ;; *) printf '%s/%s' "$PWD" "$1" ;; esac }

# locate NAMED FILE: finds a configuration file; sets _source (nothing: there is none), _text (rendered), and _rendered
# if that is to be written to where _file says.
locate() {
    _file=$ROOTDIR/$2
    [ -f "$_file" ] || _file=$_rel_dir/$2
    [ -z "$1" ] || _file=$(absolute "$1")
    _source=$_file _text='' _rendered=yes _render=${RELX_REPLACE_OS_VARS:+substitute}
    if [ -f "$_file.src" ]; then _source=$_file.src _render=substitute
    elif [ -f "$_file.orig" ]; then _source=$_file.orig
    elif [ -f "$_file" ]; then _rendered=$_render
    elif [ -n "$1" ]; then error "the configuration file $_file does not exist"
    else _source='' _rendered='' && return
    fi
    _text=$(${_render:-cat} <"$_source") || error "cannot read $_source"
}

# Copies standard input, with each ${VAR} and ${VAR:-default} replaced: literally, and once.
substitute() {
    _lc_all=${LC_ALL:-}
    _lc_all=$_lc_all LC_ALL=C awk '
        function value(name) { return (name == "LC_ALL" ? ENVIRON["_lc_all"] : ENVIRON[name]) "" }
        {
            line = ""; rest = $0
            while ((start = index(rest, "${")) && (end = index(substr(rest, start), "}"))) {
                name = substr(rest, start + 2, end - 3); fallback = ""
                if (at = index(name, ":-")) { fallback = substr(name, at + 2); name = substr(name, 1, at - 1) }
                line = line substr(rest, 1, start - 1) (value(name) == "" ? fallback : value(name))
                rest = substr(rest, start + end)
            }
            print line rest
        }'
}

# Sets _published to where the VM finds the located text.
place() {
    _published=$_source
    [ -n "$_rendered" ] || return 0
    _published=$_file
    [ -z "${RELX_OUT_FILE_PATH:-}" ] || _published=$(absolute "$RELX_OUT_FILE_PATH")/${_file##*/}
    [ -z "${RELX_MULTI_NODE:-}" ] || _published=${_published%.*}.$_node.${_file##*.}
}

publish() {
    [ -n "$_rendered" ] || return 0
    [ "$_published" != "$_source" ] || private "$_source.orig" "$(cat "$_source")"
    private "$_published" "$_text"
}

# private FILE TEXT: writes a file that only this user can read, aside first.
private() {
    (umask 077 && rm -f "$1.$$" && set -C && printf '%s\n' "$2" >"$1.$$" && mv -f "$1.$$" "$1") 2>/dev/null ||
        error "cannot write $1${_source:+, made from $_source}, in the directory ${1%/*}; use \`--tmpfs /tmp\` in a read-only container, or let RELX_OUT_FILE_PATH name a writable directory"
}
