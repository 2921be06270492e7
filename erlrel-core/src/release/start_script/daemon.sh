
# quote WORD...: sets _quoted to them as the shell reads them.
quote() {
    _quoted=''
    for _rest in "$@"; do
        _quoted="$_quoted'"
        while :; do
            case $_rest in *\'*) ;; *) break ;; esac
            _quoted=$_quoted${_rest%%\'*}"'\\''" _rest=${_rest#*\'}
        done
        _quoted="$_quoted$_rest' "
    done
}

# Where run_erl puts the pipes, and its log.
find_pipes() {
    _pipes=${PIPE_DIR:-/tmp/erl_pipes/${_node:-$REL_NAME}}
    _pipes=${_pipes%/}/
    _log_dir=${RUNNER_LOG_DIR:-$ROOTDIR/log}
}

make_directories() {
    [ -n "${PIPE_DIR:-}" ] || make_own_pipes
    mkdir -p "$_pipes" "$_log_dir" || error "cannot make the directories $_pipes and $_log_dir; PIPE_DIR and RUNNER_LOG_DIR name others"
    may_use_pipes
}

# Anyone's releases have their pipes there, so anyone may have made the directory before, in order to get and to say what
# goes through them.
make_own_pipes() {
    mkdir -m 1777 /tmp/erl_pipes 2>/dev/null || :
    (umask 077 && mkdir -p "$_pipes") || error "cannot make the directory $_pipes; PIPE_DIR names another"
    is_kept /tmp/erl_pipes ||
        error "other users may replace what is in /tmp/erl_pipes, where the node's pipes are to be; remove it, or set PIPE_DIR"
    if [ -L "${_pipes%/}" ] || [ ! -O "$_pipes" ]; then
        error "$_pipes, where the node's pipes are to be, belongs to another user; remove it, or set PIPE_DIR"
    fi
}

# True for a directory in which nobody but root and this user can rename what this user has there.
is_kept() {
    _dir=$1
    # shellcheck disable=SC2046
    set -- $(LC_ALL=C ls -ldn "$_dir")
    case $1 in d????-??-* | d????????[tT]*) [ "$3" -eq 0 ] || [ -O "$_dir" ] ;; *) return 1 ;; esac
}

may_use_pipes() {
    [ -w "$_pipes" ] ||
        error "this user may not write in $_pipes, where the pipes of the node are; run it as their owner, or set PIPE_DIR"
}

# daemon DAEMON CONSOLE ARGUMENT...: runs CONSOLE in the background, with pipes in place of a terminal, and waits for it.
daemon() {
    prepare
    find_pipes
    make_directories
    _daemon=$1 _console=$2
    shift 2
    quote "$ROOTDIR/bin/$REL_NAME" "$_daemon" "$@"
    export HEART_COMMAND="$_quoted"
    export_name
    run_hooks pre_start
    _pid_file=$_pipes.pid
    rm -f "$_pid_file"
    quote "$_pid_file" "$_script" "$_console" "$@"
    # What the shell becomes in the end is the VM, so its process id is the VM's.
    # A file that somebody has put there meanwhile stays what it is.
    _program="set -- $_quoted --relx-disable-hooks; set -C; echo \$\$ >\"\$1\" || exit; shift; exec \"\$@\""
    RUN_ERL_DISABLE_FLOWCNTRL=${RUN_ERL_DISABLE_FLOWCNTRL:-true} "$BINDIR/run_erl" -daemon "$_pipes" "$_log_dir" "$_program"
    wait_for_daemon
    rm -f "$_pid_file"
    run_hooks post_start
}

# Waits until the VM that was just started answers: not another one of its name.
wait_for_daemon() {
    _left=${RELX_RPC_TIMEOUT}0 _vm=''
    while [ "$_left" -gt 0 ]; do
        [ ! -s "$_pid_file" ] || read -r _vm <"$_pid_file"
        if [ -n "$_vm" ]; then
            is_running "$_vm" ||
                error "$REL_NAME ended while it started: what it said is in $_log_dir/erlang.log.*, unless another node is called ${_node:-so}"
            [ -n "$_node" ] || return 0
            [ "$(pid 2>/dev/null)" != "$_vm" ] || return 0
        fi
        sleep 0.1 2>/dev/null || { sleep 1 && _left=$((_left - 9)); }
        _left=$((_left - 1))
    done
    error "$REL_NAME runs as process ${_vm:-that is unknown}, but does not answer; what it says is in $_log_dir/erlang.log.*"
}

# True for a process that is there and no zombie, which only waits for its parent.
is_running() {
    kill -0 "$1" 2>/dev/null || return
    case $(cat "/proc/$1/stat" 2>/dev/null) in *') Z '*) return 1 ;; esac
}

attach() {
    require_node
    find_pipes
    may_use_pipes
    exec "$BINDIR/to_erl" "$_pipes"
}

stop() {
    run_hooks pre_stop
    require_node
    _vm=$(pid)
    call -a 'init stop' >/dev/null || exit 1
    while is_running "$_vm" || call -a 'erlang is_alive' >/dev/null 2>&1; do
        sleep 0.1 2>/dev/null || sleep 1
    done
    run_hooks post_stop
}
