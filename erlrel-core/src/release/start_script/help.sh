
usage() {
    cat <<USAGE
Usage: ${0##*/} COMMAND [ARGUMENT]..., where COMMAND is one of
  foreground [ARG]...        run the release on this terminal, without an Erlang shell
  console [ARG]...           run the release with an Erlang shell
  console_clean [ARG]...     run an Erlang shell with the release's code, and start none of its applications
  console_boot FILE [ARG]... run an Erlang shell from the boot file FILE.boot
  daemon [ARG]...            run the release in the background; start is an old name of it
  daemon_boot FILE [ARG]...  run the boot file FILE.boot in the background
  daemon_attach              use the shell of a release that runs in the background; attach is an old name of it
  remote_console             open an Erlang shell on the running node; remote and remsh are other names of it
  rpc M [F [ARGS]]           apply a function on the running node
  eval EXPRESSIONS           evaluate Erlang expressions on the running node
  ping                       say pong if the node answers
  pid                        show the process id of the node
  status                     run the status hooks
  stop                       end the node
  restart                    start the node's applications anew, in the same process
  reboot                     end the node and let heart start it again
  versions                   list the versions of the release that the node knows
  unpack VSN                 make a version known from its tarball
  install VSN                unpack a version if need be, and switch the node to it
  upgrade VSN                the same
  downgrade VSN              the same
  uninstall VSN              remove a version that is not in use
  escript FILE [ARG]...      run an escript of the release
  version                    show the name and the version of the release
  help [TOPIC]               show this text, or more about a command
USAGE
    [ -z "$_extensions" ] || echo "and the release's own: $_extensions"
}

# More about one command; an extension speaks for itself.
topic() {
    case $1 in
        rpc) cat <<TOPIC ;;
Usage: ${0##*/} rpc M [F [ARGS]]
Applies the function M:F to ARGS, an Erlang list, on the running node, and shows the result.
F is start and ARGS is [] unless given.
TOPIC
        eval) cat <<TOPIC ;;
Usage: ${0##*/} eval EXPRESSIONS
Evaluates Erlang expressions, separated by commas and ended by a full stop, on the running node.
TOPIC
        unpack | install | upgrade | downgrade) cat <<TOPIC ;;
Usage: ${0##*/} $1 VSN [--no-permanent]
Takes the tarball of the version from the first of
  releases/$REL_NAME-VSN.tar.gz
  releases/VSN/$REL_NAME-VSN.tar.gz
  releases/VSN/$REL_NAME.tar.gz
unpack only makes it known to the node. The others switch the node to it while it runs, and let it be the version that
starts the next time, unless --no-permanent says otherwise.
TOPIC
        *) extension_of "$1" || topic_of_usage "$1" ;;
    esac
}

# The command's line of the general text, or all of it.
topic_of_usage() {
    _line=$(usage | while IFS= read -r _line; do
        case $_line in "  $1 "*) printf '%s\n' "$_line" ;; esac
    done)
    if [ -n "$_line" ]; then echo "Usage: ${0##*/}" && printf '%s\n' "$_line"; else usage; fi
}
