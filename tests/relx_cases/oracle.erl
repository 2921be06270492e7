%% Runs the real relx, out of rebar3's escript, in one virtual machine for all cases. Each line of stdin is one
%% order, its words separated by tabs: what to build, the project's folder, relx's `output_dir`, the
%% release's name. Each answer is one line of stdout.
-module(oracle).
-export([unpack/0, main/0]).

unpack() ->
    [Rebar3, Dir] = init:get_plain_arguments(),
    {ok, Parts} = escript:extract(Rebar3, []),
    {ok, _} = zip:unzip(proplists:get_value(archive, Parts), [{cwd, Dir}]),
    halt().

main() ->
    case io:get_line("") of
        eof ->
            halt();
        Line ->
            Order = string:split(string:trim(Line, trailing, "\n"), "\t", all),
            io:format("~ts~n", [lists:join(" ", string:lexemes(obey(Order), " \n"))]),
            main()
    end.

%% relx's own messages go nowhere.
obey([Task, Dir | Order]) ->
    ok = file:set_cwd(Dir),
    {ok, Nowhere} = file:open("/dev/null", [write]),
    {_, Monitor} = spawn_monitor(fun() ->
        group_leader(Nowhere, self()),
        exit(build(Task, Dir, Order))
    end),
    receive {'DOWN', Monitor, process, _, Answer} -> ok end,
    ok = file:close(Nowhere),
    unicode:characters_to_list(Answer).

build(Task, Dir, [Out, Name]) ->
    {ok, Terms} = file:consult(filename:join(Dir, "rebar.config")),
    Libraries = filename:join(Dir, "_build/default/lib"),
    Options = [{root_dir, Dir}, {lib_dirs, [Libraries]}, {output_dir, Out} | proplists:get_value(relx, Terms)],
    try run(Task, list_to_atom(Name), Options) of
        {ok, _} -> "ok"
    catch
        error:{error, {Module, Reason}} -> Module:format_error(Reason);
        Class:Reason:Stack -> io_lib:format("~tp", [{Class, Reason, Stack}])
    end.

run("release", Release, Options) -> relx:build_release(Release, Options);
run("tar", Release, Options) -> relx:build_tar(Release, Options).
