
# Hooks are run by whoever gave the command, not by the script that run_erl starts.
_hooks_disabled='' _count=$#
while [ "$_count" -gt 0 ]; do
    case $1 in --relx-disable-hooks) _hooks_disabled=yes ;; *) set -- "$@" "$1" ;; esac
    shift
    _count=$((_count - 1))
done

_command=${1:-}
if [ -z "$_command" ]; then
    usage >&2
    exit 1
fi
shift
find_release
case $_command in
    help | --help | -h)
        if [ $# -gt 0 ]; then topic "$1"; else usage; fi
        [ -n "${_extension:-}" ] || exit 0
        set -- help
        ;;
    version)
        echo "$REL_NAME $REL_VSN"
        exit
        ;;
esac
find_erts
export_environment
set_timeout
case $_command in
    help | --help | -h | start | daemon | daemon_boot | foreground | console*) ;;
    attach | daemon_attach | remote* | remsh | rpc | eval | ping | pid | status | stop | restart | reboot | versions | \
    unpack | install | upgrade | downgrade | uninstall) describe_node ;;
esac
# No command stands before `&&`: where one does, the shell does not end when a part of it fails.
case $_command in
    help | --help | -h) run_extension help ;;
    foreground | console)
        boot_file
        start "$@"
        ;;
    console_clean)
        _boot=$_rel_dir/start_clean CODE_LOADING_MODE=${CODE_LOADING_MODE:-interactive}
        start "$@"
        ;;
    console_boot)
        take_boot_file "$@"
        shift
        start "$@"
        ;;
    daemon) daemon daemon console "$@" ;;
    start)
        say 'start is an old name of daemon; foreground suits systemd and its like better'
        daemon daemon console "$@"
        ;;
    daemon_boot)
        take_boot_file "$@"
        daemon daemon_boot console_boot "$@"
        ;;
    daemon_attach) attach ;;
    attach)
        say 'attach is an old name of daemon_attach'
        attach
        ;;
    remote_console | remote | remsh) remote_console ;;
    ping)
        require_node
        echo pong
        ;;
    rpc)
        require_node
        apply "$@"
        ;;
    eval)
        require_node
        evaluate "$@"
        ;;
    pid)
        require_node
        pid
        ;;
    status)
        require_node
        run_hooks status
        ;;
    stop) stop ;;
    restart | reboot)
        require_node
        call -a "init $_command" >/dev/null || exit 1
        ;;
    versions | unpack | install | upgrade | downgrade | uninstall) handle_release "$_command" "$@" ;;
    escript)
        [ $# -gt 0 ] || error 'escript needs the path of an escript in the release'
        _file=$1
        shift
        cd "$ROOTDIR"
        "$BINDIR/escript" "$ROOTDIR/$_file" "$@" || exit 1
        ;;
    *)
        extension_of "$_command" || error "unknown command \"$_command\"; \`${0##*/} help\` lists them"
        run_extension "$@"
        ;;
esac
