%% The processes that did most in the last second.
-module(beacon_tools_top).

-export([busiest/1]).

-define(PAUSE, 1000).

-spec busiest(pos_integer()) -> [[binary()]].
busiest(Count) ->
    Before = reductions(),
    timer:sleep(?PAUSE),
    Spent = [{After - maps:get(Pid, Before, 0), Pid} || {Pid, After} <- maps:to_list(reductions())],
    Busiest = lists:sublist(lists:reverse(lists:sort(Spent)), Count),
    [[<<"process">>, <<"name">>, <<"reductions">>, <<"memory">>]
     | [row(Pid, Reductions) || {Reductions, Pid} <- Busiest]].

reductions() ->
    maps:from_list([{Pid, Reductions}
                    || Pid <- processes(),
                       {reductions, Reductions} <- [process_info(Pid, reductions)]]).

row(Pid, Reductions) ->
    [list_to_binary(pid_to_list(Pid)),
     name(process_info(Pid, registered_name)),
     integer_to_binary(Reductions),
     memory(process_info(Pid, memory))].

name({registered_name, Name}) -> atom_to_binary(Name);
name(_) -> <<>>.

memory({memory, Bytes}) -> integer_to_binary(Bytes);
memory(undefined) -> <<"gone">>.
