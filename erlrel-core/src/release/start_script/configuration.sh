
# Sets _absolute to a path that begins here, or in a directory.
absolute() { case $1 in /*) _absolute=$1 ;; *) _absolute=${2:-$PWD}/$1 ;; esac }

# locate NAMED FILE: finds a configuration file; sets _source (nothing: there is none), and, if it is to be written anew to
# where _file says, _rendered and _text.
locate() {
    _file=$ROOTDIR/$2
    [ -f "$_file" ] || _file=$_rel_dir/$2
    if [ -n "$1" ]; then absolute "$1" && _file=$_absolute; fi
    _source=$_file _text='' _rendered=yes _render=${RELX_REPLACE_OS_VARS:+substitute}
    if [ -f "$_file.src" ]; then _source=$_file.src _render=substitute
    elif [ -f "$_file.orig" ]; then _source=$_file.orig
    elif [ -f "$_file" ]; then _rendered=$_render
    elif [ -n "$1" ]; then error "the configuration file $_file does not exist"
    else _source='' _rendered='' && return
    fi
    [ -r "$_source" ] || error "cannot read $_source" 3
    [ -z "$_rendered" ] || _text=$(${_render:-cat} <"$_source") || error "cannot read $_source" 3
}

# Copies standard input, with each ${VAR} and ${VAR:-default} replaced: literally, and once. Ends its shell.
substitute() {
    export _lc_all="${LC_ALL:-}" LC_ALL=C
    exec awk '
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
    if [ -n "${RELX_OUT_FILE_PATH:-}" ]; then absolute "$RELX_OUT_FILE_PATH/${_file##*/}" && _published=$_absolute; fi
    [ -z "${RELX_MULTI_NODE:-}" ] || _published=${_published%.*}.$_node.${_file##*.}
}

publish() {
    [ -n "$_rendered" ] || return 0
    [ "$_published" != "$_source" ] || private "$_source.orig" "$(cat "$_source")"
    private "$_published" "$_text"
}

# private FILE TEXT: writes a file that only this user can read, aside first.
private() {
    # No process removes what is not there.
    (umask 077 && { [ ! -e "$1.$$" ] || rm -f "$1.$$"; } && set -C && printf '%s\n' "$2" >"$1.$$" && mv -f "$1.$$" "$1") 2>/dev/null ||
        error "cannot write $1${_source:+, made from $_source}, in the directory ${1%/*}; use \`--tmpfs /tmp\` in a read-only container, or let RELX_OUT_FILE_PATH name a writable directory"
}
