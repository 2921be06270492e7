%% Counters and gauges.
%%
%% A series is a metric's name with labels. It exists from the first time it
%% is written; writing costs one update of an ETS table.
-module(tally).

-export([describe/2, increment/2, increment/3, set/3, value/2, text/0]).

-type labels() :: #{atom() => atom() | binary() | number()}.
-export_type([labels/0]).

%% Gives a metric the help text that is shown with it.
-spec describe(Metric :: binary(), Help :: binary()) -> ok.
describe(Metric, Help) ->
    tally_table:describe(Metric, Help).

-spec increment(Metric :: binary(), labels()) -> ok.
increment(Metric, Labels) ->
    increment(Metric, Labels, 1).

-spec increment(Metric :: binary(), labels(), By :: non_neg_integer()) -> ok.
increment(Metric, Labels, By) when By >= 0 ->
    tally_table:add(Metric, counter, Labels, By).

-spec set(Metric :: binary(), labels(), number()) -> ok.
set(Metric, Labels, Value) ->
    tally_table:set(Metric, gauge, Labels, Value).

%% A series that was never written counts as 0.
-spec value(Metric :: binary(), labels()) -> number().
value(Metric, Labels) ->
    tally_table:value(Metric, Labels).

%% All series, and a few facts about the virtual machine, as Prometheus text.
-spec text() -> binary().
text() ->
    iolist_to_binary(tally_text:format(tally_vm:metrics() ++ tally_table:metrics())).
