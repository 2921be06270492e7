
_newline='
'

# The words of an arguments file on standard input, one a line, split as erlexec splits them. Ends its shell.
words() {
    export LC_ALL=C
    exec awk '
        function done() { if (word != "") print word; word = "" }
        { text = text $0 "\n" }
        END {
            while ((c = substr(text, ++i, 1)) != "")
                if (index(" \t\n\r\v\f", c)) done()
                else if (c == "#") { done(); while ((c = substr(text, ++i, 1)) != "\n" && c != "") continue }
                else if (c == "\\") word = word substr(text, ++i, 1)
                else if (c != "\"" && c != "\047") word = word c
                else while ((d = substr(text, ++i, 1)) != c && d != "") word = word d
            done()
        }'
}

# read_flags WORDS: what they, and the files that they include, say about the node.
read_flags() {
    _flag=''
    while IFS= read -r _word; do
        case $_flag:$_word in
            -args_file:*) include "$_word" ;;
            *:-extra) break ;;
            *:-*) _flag=$_word && continue ;;
            *:inet_dist_use_interface) _flag="-kernel$_newline$_word" && continue ;;
            -sname:* | -name:*) _type=$_flag _node=$_word _names=$_names. ;;
            -setcookie:*) _setcookie=${_setcookie:-$_word} ;;
            -proto_dist:*) _protocol=$_word && remember "$_word" ;;
            -start_epmd:* | -epmd_module:* | -ssl_dist_optfile:*) remember "$_word" ;;
            -ssl_dist_opt:*) remember "$_word" && continue ;;
            "-kernel$_newline"*) remember "$_word" && _interface=$_word ;;
        esac
        _flag=''
    done <<WORDS
$1
WORDS
}

# What another VM needs in order to reach the node: a line for each word.
remember() { _dist_flags=$_dist_flags$_flag$_newline$1$_newline; }

include() {
    case $_included in *"|$1|"*) error "$1 includes itself by -args_file (found in $_source)" 5 ;; esac
    absolute "$1" "$ROOTDIR"
    [ -e "$_absolute" ] || return 0
    _words=$(words <"$_absolute") || error "cannot read $1, which $_source includes by -args_file" 3
    _included="$_included$1|"
    read_flags "$_words"
    _included=${_included%"$1|"}
}

# Locates vm.args and sets what it says about the node.
describe_node() {
    _names='' _node='' _type='' _setcookie='' _protocol='' _interface='' _dist_flags='' _port_flags='' _included='|'
    locate "${VMARGS_PATH:-}" vm.args
    if [ -n "$_rendered" ]; then _words=$(printf '%s\n' "$_text" | words)
    elif [ -n "$_source" ]; then _words=$(words <"$_source") || error "cannot read $_source" 3
    else _words=''
    fi
    read_flags "$_words"
    case $_names in ..*) error "$_source gives the node two names (-sname or -name)" 2 ;; esac
    complete_name
    place
    _args_file=$_published
    find_cookie
    [ -n "${ERL_DIST_PORT:-}" ] || return 0
    case $ERL_DIST_PORT in *[!0-9]*) error "ERL_DIST_PORT is no port number: $ERL_DIST_PORT" ;; esac
    _port_flags="-erl_epmd_port $ERL_DIST_PORT"
    case $_dist_flags in *-start_epmd*) ;; *) _port_flags="$_port_flags -start_epmd false" ;; esac
}

# Adds the host's name, as the VM does.
complete_name() {
    case $_type:$_node in : | *@*) return ;; esac
    _host=$(uname -n)
    case $_type:$_host in
        -sname:*) _host=${_host%%.*} ;;
        *:*.*) ;;
        *) _host=$(hostname -f 2>/dev/null) || _host=$(uname -n) ;;
    esac
    _node=$_node@$_host
}

# Sets _cookie; it stays empty where erl_call and the VM find it in HOME by themselves.
find_cookie() {
    _cookie=${RELX_COOKIE:-$_setcookie}
    [ -n "$_cookie" ] || has_cookie_file || _cookie=${COOKIE:-}
}

has_cookie_file() { [ -r "${HOME:-}/.erlang.cookie" ]; }
