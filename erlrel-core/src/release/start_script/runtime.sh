
# Where standard error is closed, the next file that is opened would take its place, and some awks fail.
true >&2 || exec 2>/dev/null

# Nothing depends on whether it can be read: standard error may be full.
say() { printf '%s: %s\n' "${0##*/}" "$1" >&2 || :; }
error() {
    say "error: $1"
    exit "${2:-1}"
}

find_release() {
    _script=$(readlink -f "$0") || _script=$(cd "$(dirname "$0")" && pwd -P)/${0##*/}
    ROOTDIR=${_script%/*/*}
    ROOTDIR=${ROOTDIR:-/}
    _rel_dir=$ROOTDIR/releases/$REL_VSN
}

# The ERTS of the release, else that of the erl on PATH: in the same version, else whatever there is.
find_erts() {
    _erts_dir=$ROOTDIR/erts-$ERTS_VSN
    [ ! -d "$_erts_dir" ] || return 0
    _erl=$(command -v erl) || error "no Erlang VM: there is no $_erts_dir, and no erl on PATH"
    # Where erl is a version manager's wrapper, only what it starts knows the installation.
    take_erts_of "$(dirname "$(dirname "$(readlink -f "$_erl")")")" ||
        take_erts_of "$("$_erl" -boot no_dot_erlang -noinput -eval 'io:put_chars(code:root_dir()), halt().')" ||
        error "no Erlang VM: $_erl belongs to no Erlang installation"
    [ "${_erts_dir##*/}" = "erts-$ERTS_VSN" ] || say "warning: made for ERTS $ERTS_VSN, runs on $_erts_dir"
}

take_erts_of() {
    for _dir in "$1"/erts-* "$1/erts-$ERTS_VSN"; do [ ! -d "$_dir" ] || _erts_dir=$_dir; done
    [ -d "$_erts_dir" ]
}

# What the VM and those that it starts find in their environment.
export_environment() {
    [ "${TERM:-dumb}" != dumb ] || export TERM=screen
    export ROOTDIR BINDIR="$_erts_dir/bin" EMU=beam PROGNAME=erl RELEASE_ROOT_DIR="$ROOTDIR" REL_NAME REL_VSN
    export RELEASE_NAME="$REL_NAME" RELEASE_VSN="$REL_VSN" RELEASE_PROG="$_script"
    export ESCRIPT_NAME="${ESCRIPT_NAME:-$_script}"
    export LD_LIBRARY_PATH="$_erts_dir/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
    _system_libs=${_erts_dir%/*}/lib
}
