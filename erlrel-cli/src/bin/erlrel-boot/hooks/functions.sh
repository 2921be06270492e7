# What hooks and extensions find. This program answers for the shell, and must not take the node's name and cookie
# for variables that it was given.
_erlrel_name=${NAME-} _erlrel_own_cookie=${COOKIE-}
COOKIE=${_erlrel_cookie-}
unset _erlrel_cookie
_erlrel_ask() { NAME=$_erlrel_name COOKIE=$_erlrel_own_cookie "$SCRIPT" "$@"; }
erl_rpc() { _erlrel_ask rpc "$@"; }
erl_eval() { _erlrel_ask eval "$@"; }
relx_get_pid() { _erlrel_ask pid; }
ping_or_exit() { _erlrel_said=$(_erlrel_ask ping) || { echo "$_erlrel_said" && exit 1; }; }
relx_nodetool() { case $1 in eval | rpc) _erlrel_ask "$@" ;; *) _erlrel_ask rpc erlang is_alive ;; esac }

_erlrel_hook() {
    _erlrel_file=$ROOTDIR/bin/$1
    shift
    if [ -f "$_erlrel_file" ]; then
        # shellcheck disable=SC1090
        . "$_erlrel_file"
    else
        printf 'erlrel-boot: warning: there is no hook %s\n' "$_erlrel_file" >&2
    fi
}

# The command itself, which takes the place of this shell.
_erlrel_again() {
    unset NAME COOKIE
    [ -z "$_erlrel_name" ] || export NAME="$_erlrel_name"
    [ -z "$_erlrel_own_cookie" ] || export COOKIE="$_erlrel_own_cookie"
    exec "$SCRIPT" "$@"
}
