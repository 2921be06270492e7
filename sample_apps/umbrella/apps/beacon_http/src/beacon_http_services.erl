%% All services.
-module(beacon_http_services).

-behaviour(beacon_http_handler).

-export([handle/3]).

handle(<<"GET">>, _Bindings, _Request) ->
    Services = [beacon_service:to_map(Service) || Service <- beacon_store:services()],
    beacon_http_response:json(200, Services).
