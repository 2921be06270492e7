%% Durations as people write them: 500ms, 30s, 5m, 2h.
-module(beacon_duration).

-export([parse/1]).

-spec parse(unicode:chardata()) -> {ok, beacon_clock:milliseconds()} | error.
parse(Text) ->
    case string:to_integer(Text) of
        {Number, Unit} when is_integer(Number), Number > 0 -> scale(Number, unit(Unit));
        _ -> error
    end.

scale(_Number, error) -> error;
scale(Number, Milliseconds) -> {ok, Number * Milliseconds}.

unit(Text) ->
    case unicode:characters_to_binary(Text) of
        <<"ms">> -> 1;
        <<"s">> -> 1000;
        <<"m">> -> 60 * 1000;
        <<"h">> -> 60 * 60 * 1000;
        _ -> error
    end.
