%% For people who look with a browser.
-module(beacon_http_home).

-behaviour(beacon_http_handler).

-export([handle/3]).

handle(<<"GET">>, _Bindings, _Request) ->
    Count = length(beacon_store:services()),
    beacon_http_response:text(200, [beacon_release:title(), " on ", atom_to_binary(node()),
                                    " knows ", integer_to_binary(Count), " services in ",
                                    beacon_zone:name(), "\n"]).
