
# Renders the configuration, and goes where relative paths in it begin.
prepare() {
    describe_node
    publish
    locate_config
    publish
    cd "$ROOTDIR"
}

locate_config() {
    locate "${RELX_CONFIG_PATH:-}" sys.config
    place
    _config=$_published
}

boot_file() {
    _boot=$_rel_dir/$REL_NAME
    [ -f "$_boot.boot" ] || _boot=$_rel_dir/start
}

# take_boot_file FILE: it is relative to the release.
take_boot_file() {
    [ $# -gt 0 ] || error "$_command needs a boot file, without its ending .boot"
    _boot=$1
    (cd "$ROOTDIR" && [ -f "$1.boot" ]) || error "there is no boot file $1.boot"
}

# Becomes the VM, started from the file that _boot says.
start() {
    prepare
    run_hooks pre_start
    [ "$_command" = console_boot ] || set -- "$_command" "$@"
    set -- ${_args_file:+-args_file "$_args_file"} $_port_flags -- "$@"
    set -- ${_config:+-config "$_config"} "$@"
    set -- -boot "$_boot" -mode "${CODE_LOADING_MODE:-embedded}" -boot_var SYSTEM_LIB_DIR "$_system_libs" "$@"
    [ "$_command" != foreground ] || set -- -noinput +Bd "$@"
    export PROGNAME="${0#*/}"
    export_name
    exec "$BINDIR/erlexec" "$@"
}

# `export` without a name would list everything.
export_name() { [ -z "$_node" ] || export NAME="$_node"; }

# A shell on the node. No cookie is on its command line, which everyone can read.
remote_console() {
    [ -t 0 ] || error "$_command needs a terminal, but standard input is none"
    require_node
    _ticktime=$(call -a 'net_kernel get_net_ticktime') _question=''
    set -- -remsh "$_node" -hidden -kernel net_ticktime "$_ticktime" -dist_listen false
    [ -z "$_cookie" ] || find_cookie_home || error "no place for the cookie: cannot write in $_absolute"
    cd "$ROOTDIR"
    trap : INT
    start_vm "$@"
}
