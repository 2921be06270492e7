#!/bin/sh
# Starts the Erlang release that this script belongs to (OTP 23.1 or newer), and talks to it while it runs.
# Made by erlrel; the text is the same for every release: names and versions are read from ../releases.
# Own variables begin with an underscore, lest they hide one that the configuration refers to.
# shellcheck disable=SC2086 # _dist_flags and _port_flags hold several words
set -eu

say() { printf '%s: %s\n' "${0##*/}" "$1" >&2; }
error() { say "error: $1" && exit "${2:-1}"; }

usage() {
    cat <<USAGE
Usage: ${0##*/} COMMAND [ARGUMENT]..., where COMMAND is one of
  foreground, console             run the release, without or with an Erlang shell on this terminal
  remote_console, remote, remsh   open an Erlang shell on the running node
  ping, pid, stop                 say pong if the node answers; show its process id; end it
  rpc M [F [ARGS]]                apply a function on the node; ARGS is an Erlang list
  eval EXPRESSIONS.               evaluate Erlang expressions on the node
  version, help                   show the name and the version of the release; show this text
USAGE
}

find_release() {
    REL_VSN='' _program=$(readlink -f "$0" || printf '%s' "$0")
    ROOTDIR=$(cd "$(dirname "$_program")/.." && pwd -P)
    read -r ERTS_VSN REL_VSN <"$ROOTDIR/releases/start_erl.data" || [ -n "$REL_VSN" ] ||
        error "cannot read the versions of ERTS and of the release in $ROOTDIR/releases/start_erl.data"
    REL_DIR=$ROOTDIR/releases/$REL_VSN REL_NAME=${_program##*/}
    [ ! -f "$REL_DIR/$REL_NAME.rel" ] || return 0
    set -- "$REL_DIR"/*.rel
    [ $# -eq 1 ] || error "$REL_DIR holds several .rel files, and none is $REL_NAME.rel"
    [ -f "$1" ] || error "$REL_DIR holds no .rel file"
    REL_NAME=$(basename "$1" .rel)
}

# The ERTS of the release, else that of the erl on PATH: in the same version, else whatever there is.
find_erts() {
    ERTS_DIR=$ROOTDIR/erts-$ERTS_VSN
    [ ! -d "$ERTS_DIR" ] || return 0
    _erl=$(command -v erl) || error "no Erlang VM: there is no $ERTS_DIR, and no erl on PATH"
    _erl=$(readlink -f "$_erl")
    _otp=$(dirname "$(dirname "$_erl")")
    for _dir in "$_otp"/erts-* "$_otp/erts-$ERTS_VSN"; do [ ! -d "$_dir" ] || ERTS_DIR=$_dir; done
    [ -d "$ERTS_DIR" ] || error "no Erlang VM: $_erl belongs to no Erlang installation"
    [ "${ERTS_DIR##*/}" = "erts-$ERTS_VSN" ] || say "warning: made for ERTS $ERTS_VSN, runs on $ERTS_DIR"
}

absolute() { case $1 in /*) printf '%s' "$1" ;; *) printf '%s/%s' "$PWD" "$1" ;; esac }

# locate NAMED FILE: finds a configuration file; sets source (nothing: there is none), text (rendered), output
# (where it goes; nothing: it stays where it is) and original (a copy to keep when output takes its place).
locate() {
    _file=$ROOTDIR/$2
    [ -f "$_file" ] || _file=$REL_DIR/$2
    [ -z "$1" ] || _file=$(absolute "$1")
    _source='' _text='' _original='' _output=$_file _render=${RELX_REPLACE_OS_VARS:+substitute}
    [ -z "${RELX_OUT_FILE_PATH:-}" ] || _output=$(absolute "$RELX_OUT_FILE_PATH")/${_file##*/}
    if [ -f "$_file.src" ]; then _source=$_file.src _render=substitute
    elif [ -f "$_file.orig" ]; then _source=$_file.orig
    elif [ -n "$1" ] && [ ! -f "$_file" ]; then error "the configuration file $_file does not exist"
    elif [ ! -f "$_file" ]; then _output='' && return
    elif [ -z "$_render" ]; then _source=$_file _output=''
    elif [ "$_output" = "$_file" ]; then _source=$_file _original=$_file.orig
    else _source=$_file; fi
    _text=$(${_render:-cat} <"$_source") || error "cannot read $_source"
}

# Copies standard input, with each ${VAR} and ${VAR:-default} replaced: literally, and once.
substitute() {
    LC_ALL=C awk '{
        line = ""; rest = $0
        while ((start = index(rest, "${")) && (end = index(substr(rest, start), "}"))) {
            name = substr(rest, start + 2, end - 3); fallback = ""
            if (at = index(name, ":-")) { fallback = substr(name, at + 2); name = substr(name, 1, at - 1) }
            line = line substr(rest, 1, start - 1) (ENVIRON[name] "" == "" ? fallback : ENVIRON[name])
            rest = substr(rest, start + end)
        }
        print line rest
    }'
}

# Puts the located text where the VM can read it, and sets published to that place.
publish() {
    _published=${_output:-$_source}
    [ -z "$_original" ] || private "$_original" "$(cat "$_source")"
    [ -z "$_output" ] || private "$_output" "$_text"
}

# private FILE TEXT: writes a file that only this user can read, aside first.
private() {
    (umask 077 && rm -f "$1.$$" && set -C && printf '%s\n' "$2" >"$1.$$" && mv -f "$1.$$" "$1") 2>/dev/null ||
        error "cannot write $1${_source:+, made from $_source}, in the directory ${1%/*}; use \`--tmpfs /tmp\` in a read-only container, or let RELX_OUT_FILE_PATH name a writable directory"
}

# The words of an arguments file on standard input, one a line, split as erlexec splits them.
words() {
    LC_ALL=C awk '
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
            *:inet_dist_use_interface) _flag="-kernel $_word" && continue ;;
            -sname:* | -name:*) _type=$_flag _name=$_word _names=$_names. ;;
            -setcookie:*) _setcookie=${_setcookie:-$_word} ;;
            -proto_dist:* | -start_epmd:* | -epmd_module:* | '-kernel '*)
                _dist_flags="$_dist_flags $_flag $_word" ;;
        esac
        _flag=''
    done <<WORDS
$1
WORDS
}

include() {
    case $_included in *"|$1|"*) error "$1 includes itself by -args_file (found in $_source)" 5 ;; esac
    _path=$(cd "$ROOTDIR" && absolute "$1")
    [ -e "$_path" ] || return 0
    [ -r "$_path" ] || error "cannot read $1, which $_source includes by -args_file" 3
    _included="$_included$1|"
    read_flags "$(words <"$_path")"
    _included=${_included%"$1|"}
}

# Locates vm.args and sets what it says about the node.
describe_node() {
    _names='' _name='' _type='' _setcookie='' _dist_flags='' _port_flags='' _included='|'
    locate "${VMARGS_PATH:-}" vm.args
    read_flags "$(printf '%s\n' "$_text" | words)"
    case $_names in ..*) error "$_source gives the node two names (-sname or -name)" 2 ;; esac
    _host=$(uname -n)
    case $_type:$_name in : | *@*) ;; -sname:*) _name=$_name@${_host%%.*} ;; *) _name=$_name@$_host ;; esac
    [ -n "${ERL_DIST_PORT:-}" ] || return 0
    case $ERL_DIST_PORT in *[!0-9]*) error "ERL_DIST_PORT is no port number: $ERL_DIST_PORT" ;; esac
    _port_flags="-erl_epmd_port $ERL_DIST_PORT"
    case $_dist_flags in *-start_epmd*) ;; *) _port_flags="$_port_flags -start_epmd false" ;; esac
}

# call ARGUMENT...: asks the node by erl_call, which finds a cookie in HOME by itself.
call() {
    set -- -R ${_cookie:+-c "$_cookie"} -timeout "${RELX_RPC_TIMEOUT:-$((${NODETOOL_TIMEOUT:-60000} / 1000))}" "$@"
    _ip=$(printf '%s' "$_dist_flags" | sed -n 's/.*inet_dist_use_interface {\([0-9,]*\)}.*/\1/p' | tr , .)
    [ -z "${ERL_DIST_PORT:-}" ] || set -- -address "${_ip:+$_ip:}$ERL_DIST_PORT" "$@"
    [ -n "${ERL_DIST_PORT:-}" ] || set -- "$_type" "$_name" "$@"
    "$BINDIR/erl_call" "$@"
}

# Ends the script if the node that this release is does not answer.
require_node() {
    describe_node
    [ -n "$_name" ] || error "${_source:-$REL_DIR/vm.args} gives the node no name (-sname or -name)"
    case $_dist_flags in
        *'-proto_dist inet_tcp'*) ;; *-proto_dist*) error "erl_call does not speak the protocol of $_name" ;;
    esac
    _cookie=${RELX_COOKIE:-$_setcookie}
    [ -n "$_cookie" ] || [ -r "${HOME:-}/.erlang.cookie" ] || _cookie=${COOKIE:-}
    [ -n "$_cookie" ] || [ -r "${HOME:-}/.erlang.cookie" ] ||
        error "no cookie to reach $_name with; set RELX_COOKIE, or -setcookie in vm.args"
    case ${RELX_RPC_TIMEOUT:-} in *[!0-9]*) error "RELX_RPC_TIMEOUT is no number: $RELX_RPC_TIMEOUT" ;; esac
    _reason=$(call -a 'erlang is_alive' 2>&1) && return
    echo 'Node is not running!'
    error "${_reason:-erl_call got no answer}"
}

start() {
    describe_node
    publish
    _args_file=$_published
    locate "${RELX_CONFIG_PATH:-}" sys.config
    publish
    _boot=$REL_DIR/$REL_NAME
    [ -f "$_boot.boot" ] || _boot=$REL_DIR/start
    set -- ${_args_file:+-args_file "$_args_file"} $_port_flags -- "$_command" "$@"
    set -- ${_published:+-config "$_published"} "$@"
    set -- -boot "$_boot" -mode "${CODE_LOADING_MODE:-embedded}" -boot_var SYSTEM_LIB_DIR "$SYSTEM_LIB_DIR" "$@"
    [ "$_command" = console ] || set -- -noinput +Bd "$@"
    export PROGNAME="${0#*/}" ${_name:+NAME="$_name"}
    cd "$ROOTDIR" && exec "$BINDIR/erlexec" "$@"
}

# A shell on the node. The cookie goes through a file, as everyone can read the command line of a VM.
remote_console() {
    [ -t 0 ] || error "$_command needs a terminal, but standard input is none"
    require_node
    _ticktime=$(call -a 'net_kernel get_net_ticktime')
    set -- -hidden -kernel net_ticktime "$_ticktime" -dist_listen false $_dist_flags $_port_flags
    set -- -mode interactive -boot_var SYSTEM_LIB_DIR "$SYSTEM_LIB_DIR" "$@"
    set -- "$_type" "undefined@${_name#*@}" -remsh "$_name" -boot "$REL_DIR/start_clean" "$@"
    _dir=$(absolute "${RELX_OUT_FILE_PATH:-${TMPDIR:-/tmp}}") _source=''
    cd "$ROOTDIR"
    [ -n "$_cookie" ] || exec "$BINDIR/erlexec" "$@"
    _home=$(mktemp -d "$_dir/.$REL_NAME-remote.XXXXXX") || error "no place for the cookie: cannot write in $_dir"
    trap 'rm -rf "$_home"' EXIT
    trap 'exit 129' HUP TERM
    trap : INT
    private "$_home/.erlang.cookie" "$_cookie"
    HOME=$_home "$BINDIR/erlexec" "$@"
}

pid() { call -a 'os getpid' | tr -d '"' && echo; }

# Waits for the end of the node, and a little longer for that of its process, which may be a zombie.
stop() {
    _pid=$(pid)
    call -a 'init stop' >/dev/null
    while call -a 'erlang is_alive' >/dev/null 2>&1; do sleep 1; done
    for _ in 1 2 3 4 5; do ! kill -0 "$_pid" 2>/dev/null || sleep 1; done
    echo ok
}

_command=${1:-}
case $_command in
    help | --help | -h) usage && exit ;;
    version | foreground | console | remote_console | remote | remsh | ping | pid | stop | rpc | eval) shift ;;
    *) error "unknown command \"$_command\"; \`${0##*/} help\` lists them" ;;
esac
find_release
[ "$_command" != version ] || { echo "$REL_NAME $REL_VSN" && exit; }
find_erts
SYSTEM_LIB_DIR=$(dirname "$ERTS_DIR")/lib
[ "${TERM:-dumb}" != dumb ] || export TERM=screen
export ROOTDIR BINDIR="$ERTS_DIR/bin" EMU=beam PROGNAME=erl RELEASE_ROOT_DIR="$ROOTDIR" REL_NAME REL_VSN
export RELEASE_NAME="$REL_NAME" RELEASE_VSN="$REL_VSN" RELEASE_PROG="$_program" ESCRIPT_NAME="${ESCRIPT_NAME:-$_program}"
export LD_LIBRARY_PATH="$ERTS_DIR/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
case $_command in
    foreground | console) start "$@" ;;
    remote* | remsh) remote_console ;;
    ping) require_node && echo pong ;;
    pid) require_node && pid ;;
    stop) require_node && stop ;;
    rpc) require_node && call -a "$*" && echo ;;
    eval) require_node && _answer=$(printf '%s\n' "$*" | call -e) &&
        printf '%s\n' "$_answer" | sed 's/^{ok, \(.*\)}$/\1/' ;;
esac
