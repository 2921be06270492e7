%% One service.
-module(beacon_http_service).

-behaviour(beacon_http_handler).

-export([handle/3]).

handle(<<"GET">>, #{name := Name}, _Request) ->
    case beacon_store:service(Name) of
        {ok, Service} -> beacon_http_response:json(200, beacon_service:to_map(Service));
        {error, Reason} -> beacon_http_response:failure(Reason)
    end;
handle(<<"PUT">>, #{name := Name}, Request) ->
    case beacon_http_request:json(Request) of
        {ok, Document} -> store(Name, Document);
        {error, Text} -> beacon_http_response:problem(400, Text)
    end;
handle(<<"DELETE">>, #{name := Name}, _Request) ->
    case beacon_store:remove_service(Name) of
        ok -> beacon_http_response:empty(204);
        {error, Reason} -> beacon_http_response:failure(Reason)
    end.

store(Name, Document) ->
    case beacon_service:from_map(Name, Document) of
        {ok, Service} ->
            Outcome = beacon_store:put_service(Service),
            beacon_http_response:json(status(Outcome), beacon_service:to_map(Service));
        {error, Reason} ->
            beacon_http_response:failure(Reason)
    end.

status(created) -> 201;
status(replaced) -> 200.
