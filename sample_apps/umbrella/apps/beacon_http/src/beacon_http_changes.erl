%% What changed lately, newest first.
-module(beacon_http_changes).

-behaviour(beacon_http_handler).

-export([handle/3]).

handle(<<"GET">>, _Bindings, _Request) ->
    beacon_http_response:json(200, [to_map(Change) || Change <- beacon_store:changes()]).

to_map({Moment, Event}) ->
    (event_to_map(Event))#{at => beacon_clock:rfc3339(Moment)}.

event_to_map({Kind, Service}) -> #{event => Kind, service => Service};
event_to_map({Kind, Service, Id}) -> #{event => Kind, service => Service, endpoint => Id}.
