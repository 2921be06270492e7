%% Runs the real rebar3, with its relx, in one virtual machine for many projects. Each line of stdin is one
%% order, its words separated by tabs; each answer is one line of stdout.
-module(worker).
-export([main/0]).

main() ->
    ok = io:setopts([{encoding, unicode}]),
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
obey(["same", File, Other | How]) ->
    case {read(How, File), read(How, Other)} of
        {{ok, Content}, {ok, Content}} -> "same";
        _ -> "different"
    end.

read(["beams"], File) ->
    {ok, Bytes} = file:read_file(File),
    case beam_lib:all_chunks(Bytes) of
        {ok, _, Chunks} -> {ok, Chunks};
        Error -> Error
    end;
read(["stripped"], File) ->
    {ok, Bytes} = file:read_file(File),
    case beam_lib:strip(Bytes, ["Attr"]) of
        {ok, {_, Stripped}} -> {ok, Stripped};
        Error -> Error
    end;
read(How, File) ->
    {ok, Bytes} = file:read_file(File),
    Terms = case Bytes of
        <<131, _/binary>> -> {ok, binary_to_term(Bytes)};
        _ -> file:consult(File)
    end,
    case {How, Terms} of
        {["but_optional" | Excluded], {ok, Content}} -> {ok, without_optional(Excluded, Content)};
        {["but_system_libs"], {ok, Content}} -> {ok, inside(Content)};
        {["but_of" | Apps], {ok, Content}} -> {ok, without(Apps, without_optional([], Content))};
        {["terms"], {ok, Content}} when Content =/= [] -> {ok, Content};
        _ -> nothing
    end.

inside("$SYSTEM_LIB_DIR/" ++ Path) -> "$ROOT/lib/" ++ Path;
inside(Tuple) when is_tuple(Tuple) -> list_to_tuple(inside(tuple_to_list(Tuple)));
inside([Head | Tail]) -> [inside(Head) | inside(Tail)];
inside(Term) -> Term.

%% A boot file without the modules and the descriptions of these applications.
without(Apps, {script, Id, Steps}) -> {script, Id, without(Apps, Steps)};
without(Apps, [{script, _, _} = Script]) -> [without(Apps, Script)];
without(Apps, [{path, [Path]} = Step, {primLoad, _} = Load | Steps]) ->
    case lists:member(filename:basename(filename:dirname(Path)), Apps) of
        true -> without(Apps, Steps);
        false -> [Step, Load | without(Apps, Steps)]
    end;
without(Apps, [{apply, {application, load, [{application, Name, _}]}} = Step | Steps]) ->
    case [App || App <- Apps, hd(string:split(App, "-")) =:= atom_to_list(Name)] of
        [] -> [Step | without(Apps, Steps)];
        _ -> without(Apps, Steps)
    end;
without(Apps, [Step | Steps]) -> [Step | without(Apps, Steps)];
without(_, []) -> [].

without_optional(_, {optional_applications, _}) ->
    optional_applications;
without_optional(Excluded, {applications, [_ | _] = Names}) ->
    {applications, [Name || Name <- Names, not (is_atom(Name) andalso lists:member(atom_to_list(Name), Excluded))]};
without_optional(Excluded, Tuple) when is_tuple(Tuple) ->
    list_to_tuple(without_optional(Excluded, tuple_to_list(Tuple)));
without_optional(Excluded, [Head | Tail]) ->
    [without_optional(Excluded, Head) | without_optional(Excluded, Tail)];
without_optional(_, Term) ->
    Term.

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
