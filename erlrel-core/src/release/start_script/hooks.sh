
# run_hooks PHASE: all of them, in their order, in this shell and where relative paths begin.
run_hooks() {
    [ -z "$_hooks_disabled" ] || return 0
    _used=''
    set +u
    hooks_of "$1"
    set -u
}

# hook FILE ARGUMENT...: what it refers to may be unset, and what it sets stays.
hook() {
    [ -n "$_used" ] || set_hook_variables
    _used=yes _hook=$ROOTDIR/bin/$1
    shift
    if [ ! -f "$_hook" ]; then
        say "warning: there is no hook $_hook"
        return
    fi
    # shellcheck disable=SC1090
    . "$_hook"
}

run_extension() {
    [ -f "$ROOTDIR/bin/$_extension" ] || error "there is no file $ROOTDIR/bin/$_extension, which is to do this command"
    prepare
    set_hook_variables
    set +u
    # shellcheck disable=SC1090
    . "$ROOTDIR/bin/$_extension"
    # Extensions end the script themselves.
    exit 1
}

# The names by which hooks and extensions know what the script knows.
# shellcheck disable=SC2034
set_hook_variables() {
    [ -n "${_config+set}" ] || locate_config
    cd "$ROOTDIR"
    find_pipes
    export_name
    SCRIPT=$_script SCRIPT_DIR=$ROOTDIR/bin REL_DIR=$_rel_dir ERTS_DIR=$_erts_dir SYSTEM_LIB_DIR=$_system_libs
    NAME_TYPE=$_type RELX_HOSTNAME=${_node#*@} COOKIE=$_cookie PIPE_DIR=$_pipes RUNNER_LOG_DIR=$_log_dir
    [ -n "$COOKIE" ] || ! has_cookie_file || COOKIE=$(cat "$HOME/.erlang.cookie")
    VMARGS_PATH=${VMARGS_PATH:-$_args_file} RELX_CONFIG_PATH=${RELX_CONFIG_PATH:-$_config}
}

# Gives the node as long as an answer may take.
wait_for_vm() {
    _left=$RELX_RPC_TIMEOUT
    until call -a 'erlang is_alive' >/dev/null 2>&1; do
        [ "$_left" -gt 0 ] || error "$_node does not answer"
        sleep 1
        _left=$((_left - 1))
    done
}

# The functions by which hooks and extensions ask the node.
erl_rpc() { apply "$@"; }
erl_eval() { evaluate "$@"; }
relx_get_pid() { pid; }
ping_or_exit() { require_node; }
relx_nodetool() { case $1 in eval) shift && evaluate "$@" ;; rpc) shift && apply "$@" ;; *) apply erlang is_alive ;; esac }
