
find_release
find_erts
export_environment
_boot=$_rel_dir/$REL_NAME
[ -f "$_boot.boot" ] || _boot=$_rel_dir/start
set -- -boot_var SYSTEM_LIB_DIR "$_system_libs" -boot "$_boot" "$@"
for _file in vm.args sys.config; do
    # A release for development whose links an extended script had moved gets them back.
    [ -f "$_rel_dir/$_file" ] || [ ! -L "$_rel_dir/$_file.orig" ] || mv "$_rel_dir/$_file.orig" "$_rel_dir/$_file"
done
[ ! -f "$_rel_dir/vm.args" ] || set -- -args_file "$_rel_dir/vm.args" "$@"
[ ! -f "$_rel_dir/sys.config" ] || set -- -config "$_rel_dir/sys.config" "$@"
cd "$ROOTDIR"
exec "$BINDIR/erlexec" "$@"
