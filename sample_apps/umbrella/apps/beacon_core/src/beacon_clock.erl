-module(beacon_clock).

-compile({no_auto_import, [now/0]}).

-export([now/0, seconds_left/1, rfc3339/1]).

-type milliseconds() :: integer().
-export_type([milliseconds/0]).

%% Milliseconds since 1970.
-spec now() -> milliseconds().
now() ->
    erlang:system_time(millisecond).

%% Whole seconds until a moment, rounded up; 0 when it has passed.
-spec seconds_left(milliseconds()) -> non_neg_integer().
seconds_left(Moment) ->
    max(0, (Moment - now() + 999) div 1000).

-spec rfc3339(milliseconds()) -> binary().
rfc3339(Moment) ->
    Options = [{unit, millisecond}, {offset, "Z"}],
    list_to_binary(calendar:system_time_to_rfc3339(Moment, Options)).
