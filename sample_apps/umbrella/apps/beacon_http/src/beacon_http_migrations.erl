%% The migrations that this version brings along.
-module(beacon_http_migrations).

-behaviour(beacon_http_handler).

-export([handle/3]).

handle(<<"GET">>, _Bindings, _Request) ->
    beacon_http_response:json(200, beacon_store_migrations:all()).
