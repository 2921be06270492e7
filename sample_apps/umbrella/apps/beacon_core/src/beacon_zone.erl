%% The DNS zone below which services are found.
-module(beacon_zone).

-export([name/0, labels/0, strip/1]).

-spec name() -> binary().
name() ->
    {ok, Zone} = application:get_env(beacon_core, zone),
    string:lowercase(unicode:characters_to_binary(Zone)).

-spec labels() -> [binary()].
labels() ->
    binary:split(name(), <<".">>, [global, trim_all]).

%% The labels of a name before those of the zone.
-spec strip([binary()]) -> {ok, [binary()]} | outside.
strip(Labels) ->
    Zone = labels(),
    Length = length(Labels) - length(Zone),
    case Length >= 0 andalso lists:split(Length, Labels) of
        {Inner, Zone} -> {ok, Inner};
        _ -> outside
    end.
