%% One endpoint. Storing it again renews it.
-module(beacon_http_endpoint).

-behaviour(beacon_http_handler).

-export([handle/3]).

handle(<<"GET">>, #{name := Name, id := Id}, _Request) ->
    case beacon_store:endpoint(Name, Id) of
        {ok, Endpoint} -> beacon_http_response:json(200, beacon_endpoint:to_map(Endpoint));
        {error, Reason} -> beacon_http_response:failure(Reason)
    end;
handle(<<"PUT">>, #{name := Name, id := Id}, Request) ->
    case beacon_http_request:json(Request) of
        {ok, Document} -> store(Name, Id, Document);
        {error, Text} -> beacon_http_response:problem(400, Text)
    end;
handle(<<"DELETE">>, #{name := Name, id := Id}, _Request) ->
    case beacon_store:remove_endpoint(Name, Id) of
        ok -> beacon_http_response:empty(204);
        {error, Reason} -> beacon_http_response:failure(Reason)
    end.

store(Name, Id, Document) ->
    case beacon_store:service(Name) of
        {ok, Service} -> store_at(Service, Id, Document);
        {error, Reason} -> beacon_http_response:failure(Reason)
    end.

store_at(Service, Id, Document) ->
    case beacon_endpoint:from_map(Service, Id, Document) of
        {ok, Endpoint} ->
            Outcome = beacon_store:put_endpoint(Endpoint),
            beacon_http_response:json(status(Outcome), beacon_endpoint:to_map(Endpoint));
        {error, Reason} ->
            beacon_http_response:failure(Reason)
    end.

status(created) -> 201;
status(replaced) -> 200.
