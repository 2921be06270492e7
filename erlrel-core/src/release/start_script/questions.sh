
# Sets the time that the node has for an answer, in whole seconds.
set_timeout() {
    case ${RELX_RPC_TIMEOUT:-} in *[!0-9]*) error "RELX_RPC_TIMEOUT is no number: $RELX_RPC_TIMEOUT" 2 ;; esac
    case ${NODETOOL_TIMEOUT:-} in *[!0-9]*) error "NODETOOL_TIMEOUT is no number: $NODETOOL_TIMEOUT" 2 ;; esac
    _timeout=${RELX_RPC_TIMEOUT:-}
    export RELX_RPC_TIMEOUT="${RELX_RPC_TIMEOUT:-$(((${NODETOOL_TIMEOUT:-60000} + 999) / 1000))}"
}

# call -a 'MODULE FUNCTION ARGS' or call -e <EXPRESSIONS: asks the node. Everyone can read a command line: the node's own
# shows the cookie that vm.args has; no other cookie gets onto one.
call() {
    if ! erl_call_can; then call_by_vm "$@"
    elif [ "$_cookie" = "$_setcookie" ]; then call_by_erl_call ${_cookie:+-c "$_cookie"} "$@"
    else (if find_cookie_home; then call_by_erl_call "$@"; else call_by_vm "$@"; fi)
    fi
}

# erl_call speaks the usual protocol only, and does not show what a function prints.
erl_call_can() {
    case ${USE_NODETOOL:+vm}$_protocol in '' | inet_tcp) [ -x "$BINDIR/erl_call" ] ;; *) return 1 ;; esac
}

call_by_erl_call() {
    set -- -R -timeout "${_timeout:-$RELX_RPC_TIMEOUT}" "$@"
    if [ -n "${ERL_DIST_PORT:-}" ]; then
        set -- -address "$(address)$ERL_DIST_PORT" "$@"
    else
        set -- "$_type" "$_node" "$@"
    fi
    "$BINDIR/erl_call" "$@" && return
    _code=$?
    # SIGALRM ends it when the time is over.
    [ "$_code" -eq 142 ] || return "$_code"
    say "RPC to $_node failed: timeout"
    return 1
}

# The address that the node listens on, from a tuple of numbers, with a colon; nothing if it is not said.
address() {
    _numbers=$(printf '%s' "$_interface" | tr -d '{} ' | tr , ' ')
    set -- $_numbers
    case $# in
        4) printf '%d.%d.%d.%d:' "$@" ;;
        8) printf '%.4x:%.4x:%.4x:%.4x:%.4x:%.4x:%.4x:%.4x:' "$@" ;;
    esac
}

# Makes HOME a place where erl_call and the VM find the cookie; fails if there is none to write in.
find_cookie_home() {
    _found=''
    { read -r _found <"${HOME:-}/.erlang.cookie"; } 2>/dev/null || :
    [ "$_found" = "$_cookie" ] || move_home
}

# Moves it until this shell ends.
move_home() {
    absolute "${RELX_OUT_FILE_PATH:-${TMPDIR:-/tmp}}"
    _home=$(mktemp -d "$_absolute/.$REL_NAME-cookie.XXXXXX" 2>/dev/null) || return
    trap 'rm -rf "$_home"' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    (umask 077 && printf '%s\n' "$_cookie" >"$_home/.erlang.cookie") 2>/dev/null || return
    export HOME="$_home"
    _cookie=''
}

# Asks through a VM of its own, which speaks every protocol, and shows what the function prints. The cookie goes
# through the environment, which only this user can read; -setcookie keeps the VM from making a file of its own.
call_by_vm() {
    _question=${2:-}
    [ "$1" != -e ] || _question=$(cat)
    set -- -noinput -hidden -dist_listen false -kernel logger_level critical -eval "$(asking_program)" -extra "$1"
    [ -z "$_cookie" ] || set -- -setcookie nocookie "$@"
    (cd "$ROOTDIR" && start_vm "$@")
}

# A VM beside the node, which goes when it has done its task, and leaves no dump if it cannot; what it is to ask is in
# its environment.
start_vm() {
    set -- $_port_flags "$@"
    IFS=$_newline
    set -f
    set -- $_dist_flags "$@"
    set +f
    unset IFS
    set -- -boot "$_rel_dir/start_clean" -mode interactive -boot_var SYSTEM_LIB_DIR "$_system_libs" "$@"
    ERL_CRASH_DUMP_SECONDS=0 _ask_node=$_node _ask_cookie=$_cookie _ask_question=$_question _ask_timeout=${_timeout:-$RELX_RPC_TIMEOUT} \
        "$BINDIR/erlexec" "$_type" "undefined@${_node#*@}" "$@"
}

asking_program() {
    cat <<'ERLANG'
Node = list_to_atom(os:getenv("_ask_node")),
Question = os:getenv("_ask_question", ""),
Timeout = list_to_integer(os:getenv("_ask_timeout")) * 1000,
Exit = fun(Code) -> halt(Code) end,
Fail = fun(Format, Arguments) -> io:format(standard_error, Format, Arguments), Exit(1) end,
Full = fun(Text) -> case lists:suffix(".", string:trim(Text)) of true -> Text; false -> Text ++ "." end end,
Parse = fun(Parser, Text) ->
    case erl_scan:string(Text) of
        {ok, Tokens, _} ->
            case erl_parse:Parser(Tokens) of
                {ok, Parsed} -> Parsed;
                {error, {_, Module, Reason}} -> Fail("~ts~n", [Module:format_error(Reason)])
            end;
        {error, {_, Module, Reason}, _} -> Fail("~ts~n", [Module:format_error(Reason)])
    end
end,
Call = fun(Module, Function, Arguments) ->
    case rpc:call(Node, Module, Function, Arguments, Timeout) of
        {badrpc, Reason} -> Fail("RPC to ~ts failed: ~tp~n", [Node, Reason]);
        Result -> Result
    end
end,
case os:getenv("_ask_cookie") of "" -> ok; Cookie -> erlang:set_cookie(list_to_atom(Cookie)) end,
net_kernel:hidden_connect_node(Node) orelse Fail("no connection to ~ts~n", [Node]),
case init:get_plain_arguments() of
    ["-e" | _] ->
        {value, Value, _} = Call(erl_eval, exprs, [Parse(parse_exprs, Question), []]),
        io:format("{ok, ~1000000tp}~n", [Value]);
    _ ->
        [Module, Function, Arguments] =
            case re:split(string:trim(Question), "\\s+", [{parts, 3}, {return, list}, unicode]) of
                [M] -> [M, "start", "[]"];
                [M, F] -> [M, F, "[]"];
                Three -> Three
            end,
        case Call(list_to_atom(Module), list_to_atom(Function), Parse(parse_term, Full(Arguments))) of
            rpc_ok -> ok;
            {rpc_error, Code} when is_integer(Code) -> Exit(Code);
            {rpc_error, Code, Output} when is_integer(Code) -> io:format(standard_error, "~tp~n", [Output]), Exit(Code);
            Answer -> io:format("~1000000tp", [Answer])
        end
end,
Exit(0).
ERLANG
}

# Ends the script if the node that this release is does not answer.
require_node() {
    require_name
    _reason=$(call -a 'erlang is_alive' 2>&1) && return
    echo 'Node is not running!'
    error "${_reason:-erl_call got no answer}"
}

require_name() {
    [ -n "$_node" ] || error "${_source:-$_rel_dir/vm.args} gives the node no name (-sname or -name)"
    [ -n "$_cookie" ] || has_cookie_file ||
        error "no cookie to reach $_node with; set RELX_COOKIE, or -setcookie in vm.args"
}

# The answer to call -e, without what erl_call puts around it.
evaluate() {
    _answer=$(printf '%s\n' "$*" | call -e) || return
    printf '%s\n' "$_answer" | sed 's/^{ok, \(.*\)}$/\1/'
}

apply() {
    _answer=$(call -a "$*") || return
    printf '%s\n' "$_answer"
}

pid() { apply os getpid | tr -d '"'; }
