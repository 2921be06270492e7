# What hooks and extensions find. This program answers for the shell, and must not take the node's name and cookie
# for variables that it was given.
_own_name=${NAME-} _own_cookie=${COOKIE-}
COOKIE=${_erlrel_cookie-}
unset _erlrel_cookie
ask() { NAME=$_own_name COOKIE=$_own_cookie "$SCRIPT" "$@"; }
erl_rpc() { ask rpc "$@"; }
erl_eval() { ask eval "$@"; }
relx_get_pid() { ask pid; }
ping_or_exit() { _said=$(ask ping) || { echo "$_said" && exit 1; }; }
relx_nodetool() { case $1 in eval | rpc) ask "$@" ;; *) ask rpc erlang is_alive ;; esac }

hook() {
    _hook=$ROOTDIR/bin/$1
    shift
    if [ -f "$_hook" ]; then
        # shellcheck disable=SC1090
        . "$_hook"
    else
        printf '%s: warning: there is no hook %s\n' "$SCRIPT" "$_hook" >&2
    fi
}

# The command itself, which takes the place of this shell.
again() {
    unset NAME COOKIE
    [ -z "$_own_name" ] || export NAME="$_own_name"
    [ -z "$_own_cookie" ] || export COOKIE="$_own_cookie"
    exec "$SCRIPT" "$@"
}
