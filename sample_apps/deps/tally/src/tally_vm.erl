%% A few facts about the virtual machine, read when they are asked for.
-module(tally_vm).

-export([describe/0, metrics/0]).

%% The help texts are in priv/vm.help, one per line.
-spec describe() -> ok.
describe() ->
    File = filename:join(code:priv_dir(tally), "vm.help"),
    {ok, Text} = file:read_file(File),
    lists:foreach(fun describe_line/1, binary:split(Text, <<"\n">>, [global, trim_all])).

describe_line(<<$#, _Comment/binary>>) ->
    ok;
describe_line(Line) ->
    [Metric, Help] = binary:split(Line, <<" ">>),
    tally_table:describe(Metric, Help).

-spec metrics() -> [tally_table:metric()].
metrics() ->
    [gauge(<<"erlang_vm_memory_bytes">>,
           [{#{kind => Kind}, Bytes} || {Kind, Bytes} <- erlang:memory([binary, ets, processes, total])]),
     gauge(<<"erlang_vm_processes">>, [{#{}, erlang:system_info(process_count)}]),
     gauge(<<"erlang_vm_run_queue">>, [{#{}, erlang:statistics(run_queue)}]),
     gauge(<<"erlang_vm_uptime_seconds">>, [{#{}, element(1, erlang:statistics(wall_clock)) div 1000}])].

gauge(Name, Series) ->
    {Name, gauge, tally_table:help(Name), Series}.
