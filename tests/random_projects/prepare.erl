%% What the machines for rebar3 need: a boot file that finds the real OTP wherever `code:root_dir()` points to,
%% compiled modules that generated applications are
%% made of, and rebar3's own modules out of its escript.
-module(prepare).
-export([main/0]).

main() ->
    [Dir, Rebar3] = init:get_plain_arguments(),
    {ok, Parts} = escript:extract(Rebar3, []),
    {ok, _} = zip:unzip(proplists:get_value(archive, Parts), [{cwd, filename:join(Dir, "rebar3")}]),
    {ok, Boot} = file:read_file(filename:join(code:root_dir(), "bin/start_clean.boot")),
    ok = file:write_file(filename:join(Dir, "worker.boot"), term_to_binary(absolute(binary_to_term(Boot)))),
    {ok, worker} = compile:file(filename:join(Dir, "worker"), [{outdir, Dir}]),
    {ok, Names} = file:consult(filename:join(Dir, "modules")),
    [module(filename:join(Dir, "beams"), Number, Name)
     || {Number, Name} <- lists:zip(lists:seq(1, length(Names)), Names)],
    halt().

absolute("$ROOT" ++ Path) -> code:root_dir() ++ Path;
absolute([Head | Tail]) -> [absolute(Head) | absolute(Tail)];
absolute(Tuple) when is_tuple(Tuple) -> list_to_tuple(absolute(tuple_to_list(Tuple)));
absolute(Term) -> Term.

module(Dir, Number, Name) ->
    Forms = [{attribute, 1, module, Name},
             {attribute, 1, export, [{number, 0}]},
             {attribute, 1, author, "a tester"},
             {function, 2, number, 0, [{clause, 2, [], [], [erl_parse:abstract({Number, <<"text">>}, 2)]}]}],
    Options = [[debug_info], [], [debug_info, compressed], [deterministic], [slim]],
    {ok, Name, Beam} = compile:forms(Forms, lists:nth(Number rem length(Options) + 1, Options)),
    ok = file:write_file(filename:join(Dir, atom_to_list(Name) ++ ".beam"), Beam).
