%% For load balancers.
-module(beacon_http_health).

-behaviour(beacon_http_handler).

-export([handle/3]).

handle(<<"GET">>, _Bindings, _Request) ->
    beacon_http_response:text(200, <<"ok\n">>).
