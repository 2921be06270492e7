[File, Script | Rebar3] = init:get_plain_arguments(),
%% What the script prints goes to stderr, so that stdout has the result alone.
group_leader(whereis(standard_error), self()),
Say = fun(Kind, Text) ->
          ok = io:setopts(user, [{encoding, unicode}]),
          io:put_chars(user, [io_lib:format("~n%% erlrel: ~ts~n", [Kind]), Text, "\n%% erlrel: end\n"]),
          halt(0)
      end,
%% Funs, processes and the like have no text that can be read back, and no meaning in a configuration.
Opaque = fun(Term) -> list_to_atom(lists:flatten(io_lib:format("~tp", [Term]))) end,
Plain = fun Plain([Head | Tail]) -> [Plain(Head) | Plain(Tail)];
            Plain(Term) when is_tuple(Term) -> list_to_tuple(Plain(tuple_to_list(Term)));
            Plain(Term) when is_map(Term) -> maps:from_list(Plain(maps:to_list(Term)));
            Plain(Term) when is_function(Term) ->
                case erlang:fun_info(Term, type) of
                    {type, external} -> Term;
                    {type, local} -> Opaque(Term)
                end;
            Plain(Term) when is_pid(Term); is_port(Term); is_reference(Term) -> Opaque(Term);
            Plain(Term) when is_bitstring(Term), not is_binary(Term) -> Opaque(Term);
            Plain(Term) -> Term
        end,
%% rebar3's own modules are there for scripts that ask for them.
Load = fun({[_ | _] = Name, Beam}) ->
           case filename:extension(Name) of
               ".beam" -> code:load_binary(list_to_atom(filename:basename(Name, ".beam")), Name, Beam);
               _ -> ok
           end
       end,
case Rebar3 of
    [] -> ok;
    [Program] ->
        try
            {ok, Sections} = escript:extract(Program, []),
            {archive, Archive} = lists:keyfind(archive, 1, Sections),
            {ok, Files} = zip:unzip(Archive, [memory]),
            lists:foreach(Load, Files)
        catch _:_ -> ok
        end
end,
%% As file:script/2 does it, but expression by expression, so that the line of one that fails is known.
At = fun(Line) -> put(line, Line) end,
Step = fun(Expression, {_, Bindings}) ->
           At(erl_anno:line(element(2, Expression))),
           {value, Value, Next} = erl_eval:expr(Expression, Bindings),
           {Value, Next}
       end,
Run = fun Run(Stream, Line, State) ->
          case io:parse_erl_exprs(Stream, '', Line) of
              {ok, Expressions, End} -> Run(Stream, End, lists:foldl(Step, State, Expressions));
              {eof, _} -> element(1, State);
              {error, {Place, Module, Reason}, _} ->
                  At(case Place of {L, _} -> L; _ -> Place end),
                  throw({Say, Module:format_error(Reason)})
          end
      end,
At(1),
try
    Config = case file:consult(File) of
                 {ok, Terms} -> Terms;
                 {error, enoent} -> []
             end,
    {ok, Device} = file:open(Script, [read]),
    epp:set_encoding(Device),
    Bound = erl_eval:add_binding('SCRIPT', Script, erl_eval:add_binding('CONFIG', Config, erl_eval:new_bindings())),
    Result = Run(Device, 1, {[], Bound}),
    List = case is_list(Result) of true -> Result; false -> [Result] end,
    Say("result", [io_lib:format("~tp.~n", [Plain(Term)]) || Term <- List])
catch
    throw:{Say, Message} -> Say(io_lib:format("error ~tp", [get(line)]), Message);
    Class:What -> Say(io_lib:format("error ~tp", [get(line)]), io_lib:format("~ts: ~tp", [Class, What]))
end.
