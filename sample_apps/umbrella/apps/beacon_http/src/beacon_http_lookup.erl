%% The endpoint to use: always the same one for the same `key`.
-module(beacon_http_lookup).

-behaviour(beacon_http_handler).

-export([handle/3]).

handle(<<"GET">>, #{name := Name}, Request) ->
    case beacon_store:choose(Name, key(Request)) of
        {ok, Endpoint} -> beacon_http_response:json(200, beacon_endpoint:to_map(Endpoint));
        {error, Reason} -> beacon_http_response:failure(Reason)
    end.

%% Whoever has no key gets any endpoint.
key(Request) ->
    case beacon_http_request:query(Request, <<"key">>) of
        {ok, Key} -> Key;
        error -> beacon_id:new()
    end.
