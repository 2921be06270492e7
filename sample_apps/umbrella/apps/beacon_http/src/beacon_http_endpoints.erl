%% The endpoints of a service.
-module(beacon_http_endpoints).

-behaviour(beacon_http_handler).

-export([handle/3]).

handle(<<"GET">>, #{name := Name}, _Request) ->
    case beacon_store:endpoints(Name) of
        {ok, Endpoints} ->
            Documents = [beacon_endpoint:to_map(Endpoint) || Endpoint <- Endpoints],
            beacon_http_response:json(200, Documents);
        {error, Reason} ->
            beacon_http_response:failure(Reason)
    end;
handle(<<"POST">>, Bindings, Request) ->
    beacon_http_endpoint:handle(<<"PUT">>, Bindings#{id => beacon_id:new()}, Request).
