%% Owns the tables; everybody may write to them.
-module(tally_table).

-behaviour(gen_server).

-export([start_link/0, describe/2, help/1, add/4, set/4, value/2, metrics/0]).
-export([init/1, handle_call/3, handle_cast/2]).

-define(SERIES, tally_series).
-define(HELP, tally_help).

-type metric() :: {Name :: binary(), counter | gauge, Help :: binary(), [series()]}.
-type series() :: {tally:labels(), number()}.
-export_type([metric/0]).

start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

describe(Metric, Help) ->
    true = ets:insert(?HELP, {Metric, Help}),
    ok.

add(Metric, Kind, Labels, By) ->
    Key = {Metric, Labels},
    _ = ets:update_counter(?SERIES, Key, {3, By}, {Key, Kind, 0}),
    ok.

set(Metric, Kind, Labels, Value) ->
    true = ets:insert(?SERIES, {{Metric, Labels}, Kind, Value}),
    ok.

value(Metric, Labels) ->
    case ets:lookup(?SERIES, {Metric, Labels}) of
        [{_Key, _Kind, Value}] -> Value;
        [] -> 0
    end.

%% Sorted by name, and the series of a metric by their labels.
-spec metrics() -> [metric()].
metrics() ->
    lists:foldr(fun collect/2, [], ets:tab2list(?SERIES)).

collect({{Name, Labels}, Kind, Value}, [{Name, Kind, Help, Series} | Metrics]) ->
    [{Name, Kind, Help, [{Labels, Value} | Series]} | Metrics];
collect({{Name, Labels}, Kind, Value}, Metrics) ->
    [{Name, Kind, help(Name), [{Labels, Value}]} | Metrics].

help(Name) ->
    case ets:lookup(?HELP, Name) of
        [{Name, Help}] -> Help;
        [] -> <<>>
    end.

init([]) ->
    ?SERIES = ets:new(?SERIES, [named_table, public, ordered_set, {write_concurrency, true}]),
    ?HELP = ets:new(?HELP, [named_table, public]),
    {ok, []}.

handle_call(_Request, _From, State) ->
    {reply, {error, unknown_request}, State}.

handle_cast(_Message, State) ->
    {noreply, State}.
