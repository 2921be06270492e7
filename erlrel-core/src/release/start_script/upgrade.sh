
# handle_release COMMAND [VSN] [--no-permanent]: lets the node's release handler do it, says what it says.
handle_release() {
    _vsn='' _permanent=true _action=$1
    shift
    for _word in "$@"; do
        case $_word in --no-permanent) _permanent=false ;; *) _vsn=${_word#/} _vsn=${_vsn%%/*} ;; esac
    done
    if [ -z "$_vsn" ] && [ "$_action" != versions ]; then
        echo 'Missing version argument'
        echo "Usage: $REL_NAME $_action {version}"
        exit 1
    fi
    require_node
    [ "$_action" = versions ] || run_hooks pre_install_upgrade
    _timeout=${_timeout:-300}
    _answer=$(release_program | call -e) || error "no answer from $_node"
    # The text comes as octal numbers, so that nothing in it can be mistaken.
    _code=$(printf '%s\n' "$_answer" | sed -n 's/^{ok, {\([0-9]*\), *"[#0-9]*"}}$/\1/p')
    [ -n "$_code" ] || error "the node answers $_answer"
    printf '%b' "$(printf '%s\n' "$_answer" | sed 's/.*"\(.*\)".*/\1/; s/#/\\/g')"
    [ "$_code" -eq 0 ] || exit "$_code"
    [ "$_action" = versions ] || run_hooks post_install_upgrade
}

release_program() {
    _quotable='s/[\\"]/\\&/g'
    printf 'Action = %s, Permanent = %s,\n' "$_action" "$_permanent"
    printf 'Name = "%s", Vsn = "%s",\n' "$(printf '%s' "$REL_NAME" | sed "$_quotable")" "$(printf '%s' "$_vsn" | sed "$_quotable")"
    cat <<'ERLANG'
Say = fun(Code, Format, Arguments) -> {Code, io_lib:format(Format, Arguments)} end,
Then = fun({0, Said}, Next) -> {Code, More} = Next(), {Code, [Said, More]}; (Failed, _) -> Failed end,
Wait = fun Again() -> case init:get_status() of {starting, _} -> timer:sleep(100), Again(); _ -> ok end end,
Wait(),
Handler = whereis(release_handler),
Releases = fun() -> case Handler of undefined -> []; _ -> release_handler:which_releases() end end,
Versions = fun() -> [{V, State} || {_, V, _, State} <- Releases()] end,
List = fun() -> ["Installed versions:\n", [io_lib:format("* ~ts\t~ts\n", [V, State]) || {V, State} <- Versions()]] end,
State = proplists:get_value(Vsn, Versions()),
Running = fun() ->
    States = [{S, V} || {V, S} <- Versions()],
    proplists:get_value(current, States, proplists:get_value(permanent, States))
end,
Root = code:root_dir(),
Package = filename:join(Vsn, Name ++ ".tar.gz"),
Absolute = fun(File) -> filename:join([Root, "releases", File]) end,
Link = fun(Same) when Same =:= Package -> ok;
    (File) ->
        filelib:ensure_dir(Absolute(Package)),
        file:delete(Absolute(Package)),
        file:make_symlink(Absolute(File), Absolute(Package))
end,
UnpackFile = fun(File) ->
    ok = Link(File),
    Begin = io_lib:format("Release ~ts not found, attempting to unpack ~ts\n", [Vsn, filename:join("releases", File)]),
    case release_handler:unpack_release(filename:join(Vsn, Name)) of
        {ok, Unpacked} -> Say(0, "~tsUnpacked successfully: ~tp\n", [Begin, Unpacked]);
        {error, Reason} -> Say(2, "~tsUnpack failed: ~tp\n~ts", [Begin, Reason, List()])
    end
end,
Unpack = fun() ->
    Places = [Name ++ "-" ++ Vsn ++ ".tar.gz", filename:join(Vsn, Name ++ "-" ++ Vsn ++ ".tar.gz"), Package],
    case lists:filter(fun(File) -> filelib:is_file(Absolute(File)) end, Places) of
        [] -> Say(2, "Unpack failed: release_package_not_found\n~ts", [List()]);
        [File | _] -> UnpackFile(File)
    end
end,
Switch = fun() ->
    case release_handler:check_install_release(Vsn) of
        {error, Problem} -> Say(3, "ERROR: release_handler:check_install_release failed: ~tp\n", [Problem]);
        _ ->
            case release_handler:install_release(Vsn, [{update_paths, true}]) of
                {ok, _, _} -> Say(0, "Installed Release: ~ts\n", [Vsn]);
                {error, {no_such_release, Vsn}} ->
                    Say(2, "~tsERROR: Unable to revert to '~ts' - not installed.\n", [List(), Vsn]);
                {error, {old_processes, Module}} ->
                    Say(3, "ERROR: unable to install '~ts' - old processes still running code from module ~tp\n",
                        [Vsn, Module]);
                {error, Problem} -> Say(4, "ERROR: release_handler:install_release failed: ~tp\n", [Problem]);
                Other -> Say(4, "ERROR: release_handler:install_release failed: ~tp\n", [Other])
            end
    end
end,
Script = fun() ->
    File = filename:join([Root, "bin", Name]),
    case file:copy(File ++ "-" ++ Vsn, File ++ ".new") of
        {ok, _} -> ok = file:change_mode(File ++ ".new", 8#755), file:rename(File ++ ".new", File);
        {error, _} -> file:delete(File ++ ".new")
    end
end,
Keep = fun() ->
    ok = release_handler:make_permanent(Vsn),
    Script(),
    Say(0, "Made release permanent: ~tp\n", [Vsn])
end,
MaybeKeep = fun() -> case Permanent of true -> Keep(); false -> {0, ""} end end,
SwitchAndKeep = fun() -> Then(Switch(), MaybeKeep) end,
Remove = fun() ->
    case release_handler:remove_release(Vsn) of
        ok -> Say(0, "Uninstalled Release: ~ts\n", [Vsn]);
        {error, Problem} -> Say(3, "ERROR: release_handler:remove_release failed: ~tp\n", [Problem])
    end
end,
{Status, Text} = case {Action, State} of
    _ when Handler =:= undefined -> Say(1, "The release has no sasl, so nobody handles its versions.\n", []);
    {versions, _} -> {0, List()};
    {unpack, undefined} -> Unpack();
    {unpack, old} -> Say(0, "Release ~ts is marked old.\n", [Vsn]);
    {unpack, unpacked} -> Say(0, "Release ~ts is already unpacked.\n", [Vsn]);
    {unpack, current} -> Say(0, "Release ~ts is already installed and current.\n", [Vsn]);
    {unpack, permanent} -> Say(0, "Release ~ts is already installed and set permanent.\n", [Vsn]);
    {uninstall, undefined} -> Say(0, "Release ~ts is already uninstalled.\n", [Vsn]);
    {uninstall, old} -> Then(Say(0, "Release ~ts is marked old, uninstalling it.\n", [Vsn]), Remove);
    {uninstall, unpacked} -> Then(Say(0, "Release ~ts is marked unpacked, uninstalling it\n", [Vsn]), Remove);
    {uninstall, current} -> Say(2, "Uninstall failed: Release ~ts is marked current.\n", [Vsn]);
    {uninstall, permanent} -> Say(2, "Uninstall failed: Release ~ts is running.\n", [Vsn]);
    {_, undefined} -> Then(Unpack(), SwitchAndKeep);
    {_, old} -> Then(Say(0, "Release ~ts is marked old, switching to it.\n", [Vsn]), SwitchAndKeep);
    {_, unpacked} -> Then(Say(0, "Release ~ts is already unpacked, now installing.\n", [Vsn]), SwitchAndKeep);
    {_, current} when Permanent ->
        Then(Say(0, "Release ~ts is already installed and current, making permanent.\n", [Vsn]), Keep);
    {_, current} -> Say(0, "Release ~ts is already installed and current.\n", [Vsn]);
    {_, permanent} ->
        case Running() of
            Vsn -> Say(0, "Release ~ts is already installed, running and set permanent.\n", [Vsn]);
            Now -> Then(Say(0, "Release ~ts is the currently running version.\n", [Now]), SwitchAndKeep)
        end
end,
{Status, lists:append([io_lib:format("#0~3.8.0b", [Byte]) || <<Byte>> <= unicode:characters_to_binary(Text)])}.
ERLANG
}
