%% Runs the real rebar3, with its relx, in one virtual machine for many projects. Each line of stdin is one
%% order, its words separated by tabs; each answer is one line of stdout.
-module(worker).
-export([main/0]).

main() ->
    %% The small installation's applications hide those that this machine itself runs on.
    ok = code:add_pathsa(filelib:wildcard(code:lib_dir() ++ "/*/ebin")),
    _ = [application:load(Name) || Name <- [rebar, relx]],
    loop(code:get_path(), os:getenv()).

loop(Paths, Environment) ->
    case io:get_line("") of
        eof ->
            halt(0);
        Line ->
            Answer = obey(string:split(string:trim(Line), "\t", all)),
            io:format("~ts~n", [Answer]),
            restore(Paths, Environment),
            loop(Paths, Environment)
    end.

%% What a run changes in the machine must not reach the next one.
restore(Paths, Environment) ->
    true = code:set_path(Paths),
    ok = file:set_cwd("/"),
    Names = [hd(string:split(Variable, "=")) || Variable <- Environment],
    _ = [os:unsetenv(Name) || Variable <- os:getenv(),
                              Name <- [hd(string:split(Variable, "="))],
                              not lists:member(Name, Names)],
    _ = [code:purge(Module) || {Module, File} <- code:all_loaded(),
                               is_list(File), string:find(File, "/_build/") =/= nomatch,
                               code:delete(Module)],
    ok.

obey(["rebar3", Dir, Log | Arguments]) ->
    ok = file:set_cwd(Dir),
    {ok, Output} = file:open(Log, [write, {encoding, utf8}]),
    {_, Monitor} = spawn_monitor(fun() ->
        group_leader(Output, self()),
        exit(rebar3(Arguments))
    end),
    Answer = receive {'DOWN', Monitor, process, _, Reason} -> Reason end,
    ok = end_all(Output),
    ok = file:close(Output),
    case Answer of
        built ->
            "built";
        ok ->
            "refused";
        _ ->
            ok = file:write_file(Log, io_lib:format("~n~p~n", [Answer]), [append]),
            "refused"
    end;
obey(["same", File, Other]) ->
    case {file:consult(File), file:consult(Other)} of
        {{ok, [_ | _] = Terms}, {ok, Others}} when Terms =:= Others -> "same";
        _ -> "different"
    end.

%% rebar3 ends its machine when it has failed, with processes that still work in it.
end_all(Output) ->
    case [Process || Process <- processes(), process_info(Process, group_leader) =:= {group_leader, Output}] of
        [] ->
            %% What they asked the file server for is done before this.
            {ok, _} = file:read_file_info("/"),
            ok;
        Left ->
            Monitors = [monitor(process, Process) || Process <- Left, exit(Process, kill)],
            lists:foreach(fun(Monitor) -> receive {'DOWN', Monitor, process, _, _} -> ok end end, Monitors),
            end_all(Output)
    end.

%% As rebar3's own main function, which ends the machine afterwards.
rebar3(Arguments) ->
    try rebar3:run(Arguments) of
        {ok, _} -> built;
        {error, {Module, Reason}} ->
            say(Module, Reason);
        Other -> io:format("~tp~n", [Other])
    catch
        error:{error, {Module, Reason}}:_ when is_atom(Module) ->
            say(Module, Reason);
        Class:Reason:Stack ->
            io:format("~tp~n", [{Class, Reason, Stack}])
    end.

say(Module, Reason) ->
    try
        io:format("~ts~n", [Module:format_error(Reason)])
    catch
        Class:Crash -> io:format("~tp~n", [{Reason, Class, Crash}])
    end.
