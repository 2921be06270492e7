#!/bin/sh
# Starts the Erlang release that this script belongs to (OTP 23.1 or newer), and talks to it while it runs.
# Made by erlrel; the text is the same for every release: names and versions are read from ../releases.
# shellcheck disable=SC2086 # DIST_FLAGS and PORT_FLAGS hold several words without blanks in them
set -eu

say() { printf '%s: %s\n' "${0##*/}" "$1" >&2; }
error() { say "error: $1" && exit "${2:-1}"; }

usage() {
    cat <<USAGE
Usage: ${0##*/} COMMAND [ARGUMENT]...

  foreground         run the release
  console            run the release with an Erlang shell on this terminal
  remote_console     open an Erlang shell on the running node (also: remote, remsh)
  ping               say pong if the node answers, else exit with code 1
  pid                show the process id of the node
  stop               stop the node and wait for its end
  rpc M [F [ARGS]]   apply a function on the node; ARGS is an Erlang list
  eval EXPRESSIONS.  evaluate Erlang expressions on the node
  version            show the name and the version of the release
  help               show this text
USAGE
}

find_release() {
    program=$(readlink -f "$0" || printf '%s' "$0")
    ROOTDIR=$(cd "$(dirname "$program")/.." && pwd -P)
    REL_VSN=''
    read -r ERTS_VSN REL_VSN <"$ROOTDIR/releases/start_erl.data" || [ -n "$REL_VSN" ] ||
        error "cannot read the versions of ERTS and of the release in $ROOTDIR/releases/start_erl.data"
    REL_DIR=$ROOTDIR/releases/$REL_VSN REL_NAME=${program##*/}
    [ ! -f "$REL_DIR/$REL_NAME.rel" ] || return 0
    set -- "$REL_DIR"/*.rel
    [ -f "$1" ] && [ $# -eq 1 ] || error "$REL_DIR holds no $REL_NAME.rel, nor any other .rel file alone"
    REL_NAME=$(basename "$1" .rel)
}

# The ERTS of the release, else that of the erl on PATH: in the same version, else whatever there is.
find_erts() {
    ERTS_DIR=$ROOTDIR/erts-$ERTS_VSN
    [ ! -d "$ERTS_DIR" ] || return 0
    erl=$(command -v erl) || error "no Erlang VM: there is no $ERTS_DIR, and no erl on PATH"
    erl=$(readlink -f "$erl")
    otp=$(LC_ALL=C sed -n 's/^ROOTDIR="\{0,1\}\(\/[^"]*\)"\{0,1\}$/\1/p' "$erl")
    otp=${otp:-$(dirname "$(dirname "$erl")")}
    for ERTS_DIR in "$otp"/erts-* "$otp/erts-$ERTS_VSN"; do :; done
    [ -d "$ERTS_DIR" ] || for ERTS_DIR in "$otp"/erts-*; do :; done
    [ -d "$ERTS_DIR" ] || error "no Erlang VM: $erl belongs to no Erlang installation"
    [ "${ERTS_DIR##*/}" = "erts-$ERTS_VSN" ] || say "warning: made for ERTS $ERTS_VSN, runs on $ERTS_DIR"
}

export_variables() {
    [ "${TERM:-dumb}" != dumb ] || export TERM=screen
    export ROOTDIR BINDIR="$ERTS_DIR/bin" EMU=beam PROGNAME=erl RELEASE_ROOT_DIR="$ROOTDIR" REL_NAME REL_VSN
    export RELEASE_NAME="$REL_NAME" RELEASE_VSN="$REL_VSN" RELEASE_PROG="$program"
    export ESCRIPT_NAME="${ESCRIPT_NAME:-$program}"
    export LD_LIBRARY_PATH="$ERTS_DIR/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
    SYSTEM_LIB_DIR=$(dirname "$ERTS_DIR")/lib
}

absolute() { case $1 in /*) printf '%s' "$1" ;; *) printf '%s/%s' "$PWD" "$1" ;; esac }

# locate NAMED FILE: finds a configuration file and sets source (nothing if there is none), text (rendered),
# output (where it goes; nothing if it stays) and original (a copy to keep when output takes its place).
locate() {
    file=$ROOTDIR/$2
    [ -f "$file" ] || file=$REL_DIR/$2
    [ -z "$1" ] || file=$(absolute "$1")
    source='' text='' original='' output=$file render=${RELX_REPLACE_OS_VARS:+substitute}
    [ -z "${RELX_OUT_FILE_PATH:-}" ] || output=$(absolute "$RELX_OUT_FILE_PATH")/${file##*/}
    if [ -f "$file.src" ]; then
        source=$file.src render=substitute
    elif [ -f "$file.orig" ]; then
        source=$file.orig
    elif [ -f "$file" ]; then
        source=$file
        [ -n "$render" ] || output=''
        [ "$output" != "$file" ] || original=$file.orig
    else
        [ -z "$1" ] || error "the configuration file $file does not exist"
        return 0
    fi
    text=$(${render:-cat} <"$source") || error "cannot read $source"
}

# Copies standard input, with each ${VAR} and ${VAR:-default} replaced: literally, and once.
substitute() {
    LC_ALL=C awk '{
        line = ""; rest = $0
        while (start = index(rest, "${")) {
            line = line substr(rest, 1, start - 1); rest = substr(rest, start + 2)
            if (!(end = index(rest, "}"))) { line = line "${"; continue }
            name = substr(rest, 1, end - 1); rest = substr(rest, end + 1); fallback = ""
            if (at = index(name, ":-")) { fallback = substr(name, at + 2); name = substr(name, 1, at - 1) }
            value = ENVIRON[name] ""
            line = line (value == "" ? fallback : value)
        }
        print line rest
    }'
}

# publish: puts the located text where the VM can read it, and sets published to that place.
publish() {
    published=${source:+${output:-$source}}
    [ -n "$source" ] && [ -n "$output" ] || return 0
    [ -z "$original" ] || private "$original" "$(cat "$source")"
    private "$output" "$text"
}

# private FILE TEXT: writes a file that only this user can read, aside first.
private() {
    (umask 077 && rm -f "$1.$$" && set -C && printf '%s\n' "$2" >"$1.$$" && mv -f "$1.$$" "$1") 2>/dev/null ||
        error "cannot write $1${source:+, made from $source}, in the directory ${1%/*}; use \`--tmpfs /tmp\` in a read-only container, or let RELX_OUT_FILE_PATH name a writable directory"
}

# The words of an arguments file on standard input, one a line, split as erlexec splits them.
words() {
    LC_ALL=C awk '
        function done() { if (some) print word; word = ""; some = 0 }
        { text = text $0 "\n" }
        END {
            size = length(text)
            for (i = 1; i <= size; i++) {
                c = substr(text, i, 1)
                if (index(" \t\n\r\v\f", c)) { done(); continue }
                if (c == "#") { done(); while (i < size && substr(text, i, 1) != "\n") i++; continue }
                some = 1
                if (c == "\\") word = word substr(text, ++i, 1)
                else if (c != "\"" && c != "\047") word = word c
                else while (++i <= size && (d = substr(text, i, 1)) != c) word = word d
            }
            done()
        }'
}

# read_flags WORDS: what they, and the files that they include, say about the node.
read_flags() {
    flag=''
    while IFS= read -r word; do
        case $flag:$word in
            -args_file:*) include "$word" ;;
            *:-extra) break ;;
            *:-*) flag=$word && continue ;;
            *:inet_dist_use_interface) flag="-kernel $word" && continue ;;
            -sname:* | -name:*)
                [ -z "$NAME" ] || error "$source gives the node two names (-sname or -name)" 2
                NAME_TYPE=$flag NAME=$word
                ;;
            -setcookie:*) NODE_COOKIE=${NODE_COOKIE:-$word} ;;
            -proto_dist:* | -start_epmd:* | -epmd_module:* | -kernel\ *:*) DIST_FLAGS="$DIST_FLAGS $flag $word" ;;
        esac
        flag=''
    done <<WORDS
$1
WORDS
}

include() {
    case $INCLUDED in *"|$1|"*) error "$1 includes itself by -args_file (found in $source)" 5 ;; esac
    path=$(cd "$ROOTDIR" && absolute "$1")
    [ -e "$path" ] || return 0
    [ -r "$path" ] || error "cannot read $1, which $source includes by -args_file" 3
    INCLUDED="$INCLUDED$1|"
    read_flags "$(words <"$path")"
    INCLUDED=${INCLUDED%"$1|"}
}

# Locates vm.args and sets what it says about the node.
describe_node() {
    NAME='' NAME_TYPE='' NODE_COOKIE='' DIST_FLAGS='' PORT_FLAGS='' INCLUDED='|'
    locate "${VMARGS_PATH:-}" vm.args
    read_flags "$(printf '%s\n' "$text" | words)"
    host=$(uname -n)
    case $NAME_TYPE:$NAME in : | *@*) ;; -sname:*) NAME=$NAME@${host%%.*} ;; *) NAME=$NAME@$host ;; esac
    case ${ERL_DIST_PORT:-} in
        '') return 0 ;;
        *[!0-9]*) error "ERL_DIST_PORT is \"$ERL_DIST_PORT\", which is no port number" ;;
    esac
    PORT_FLAGS="-erl_epmd_port $ERL_DIST_PORT"
    case $DIST_FLAGS in *-start_epmd*) ;; *) PORT_FLAGS="$PORT_FLAGS -start_epmd false" ;; esac
}

# call ARGUMENT...: asks the node by erl_call, which finds a cookie in HOME by itself.
call() {
    set -- -R -timeout "${RELX_RPC_TIMEOUT:-$((${NODETOOL_TIMEOUT:-60000} / 1000))}" "$@"
    [ -z "$COOKIE" ] || set -- -c "$COOKIE" "$@"
    interface=$(printf '%s' "$DIST_FLAGS" | sed -n 's/.*inet_dist_use_interface {\([0-9,]*\)}.*/\1/p' | tr , .)
    case ${ERL_DIST_PORT:-} in
        '') set -- "$NAME_TYPE" "$NAME" "$@" ;;
        *) set -- -address "${interface:+$interface:}$ERL_DIST_PORT" "$@" ;;
    esac
    "$BINDIR/erl_call" "$@"
}

# Ends the script if the node that this release is does not answer.
require_node() {
    inherited_cookie=${COOKIE:-}
    describe_node
    [ -n "$NAME" ] || error "${source:-$REL_DIR/vm.args} gives the node no name (-sname or -name)"
    case $DIST_FLAGS in
        *'-proto_dist inet_tcp'*) ;;
        *-proto_dist*) error "erl_call does not speak the protocol of the node $NAME:$DIST_FLAGS" ;;
    esac
    COOKIE=${RELX_COOKIE:-$NODE_COOKIE}
    [ -n "$COOKIE" ] || [ -r "${HOME:-}/.erlang.cookie" ] || COOKIE=$inherited_cookie
    [ -n "$COOKIE" ] || [ -r "${HOME:-}/.erlang.cookie" ] ||
        error "no cookie to reach the node $NAME with; set RELX_COOKIE, or -setcookie in vm.args"
    reason=$(call -a 'erlang is_alive' 2>&1) && return
    echo 'Node is not running!'
    error "${reason:-erl_call got no answer}"
}

start() {
    command=$1
    describe_node
    publish
    args_file=$published
    locate "${RELX_CONFIG_PATH:-}" sys.config
    publish
    boot=$REL_DIR/$REL_NAME
    [ -f "$boot.boot" ] || boot=$REL_DIR/start
    set -- $PORT_FLAGS -- "$@"
    [ -z "$args_file" ] || set -- -args_file "$args_file" "$@"
    [ -z "$published" ] || set -- -config "$published" "$@"
    set -- -mode "${CODE_LOADING_MODE:-embedded}" -boot_var SYSTEM_LIB_DIR "$SYSTEM_LIB_DIR" "$@"
    [ "$command" = console ] || set -- -noinput +Bd "$@"
    [ -z "$NAME" ] || export NAME
    export PROGNAME="${0#*/}"
    cd "$ROOTDIR"
    exec "$BINDIR/erlexec" -boot "$boot" "$@"
}

# A shell on the node. The cookie goes through a file, as everyone can read the command line of a VM.
remote_console() {
    [ -t 0 ] || error "$1 needs a terminal, but standard input is none"
    require_node
    ticktime=$(call -a 'net_kernel get_net_ticktime')
    set -- -hidden -kernel net_ticktime "$ticktime" -dist_listen false $DIST_FLAGS $PORT_FLAGS
    set -- -mode interactive -boot_var SYSTEM_LIB_DIR "$SYSTEM_LIB_DIR" "$@"
    set -- "$NAME_TYPE" "undefined@${NAME#*@}" -remsh "$NAME" -boot "$REL_DIR/start_clean" "$@"
    dir=$(absolute "${RELX_OUT_FILE_PATH:-${TMPDIR:-/tmp}}") source=''
    cd "$ROOTDIR"
    [ -n "$COOKIE" ] || exec "$BINDIR/erlexec" "$@"
    home=$(mktemp -d "$dir/.$REL_NAME-remote.XXXXXX") || error "no directory for the cookie: $dir is not writable"
    trap 'rm -rf "$home"' EXIT
    trap 'exit 129' HUP
    trap : INT
    private "$home/.erlang.cookie" "$COOKIE"
    HOME=$home "$BINDIR/erlexec" "$@"
}

pid() { call -a 'os getpid' | tr -d '"'; }

# Waits for the end of the node, and a little longer for that of its process, which may be a zombie.
stop() {
    pid=$(pid)
    call -a 'init stop' >/dev/null
    while call -a 'erlang is_alive' >/dev/null 2>&1; do sleep 1; done
    for _ in 1 2 3 4 5; do ! kill -0 "$pid" 2>/dev/null || sleep 1; done
    echo ok
}

command=${1:-}
case $command in
    help | --help | -h) usage && exit ;;
    '') error "no command given; \`${0##*/} help\` lists them" ;;
esac
find_release
case $command in
    version | --version) echo "$REL_NAME $REL_VSN" && exit ;;
    foreground | console | remote_console | remote | remsh | ping | pid | stop | rpc | eval) ;;
    *) error "the command $command is not available in this script; \`${0##*/} help\` lists those that are" ;;
esac
find_erts
export_variables
case $command in
    foreground | console) start "$@" ;;
    remote_console | remote | remsh) remote_console "$command" ;;
    *) require_node ;;
esac
shift
case $command in
    ping) echo pong ;;
    pid) pid && echo ;;
    stop) stop ;;
    rpc) call -a "$*" && echo ;;
    eval) printf '%s\n' "$*" | call -e | sed 's/^{ok, \(.*\)}$/\1/' && echo ;;
esac
