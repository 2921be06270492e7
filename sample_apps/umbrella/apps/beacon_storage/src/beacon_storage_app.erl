-module(beacon_storage_app).

-behaviour(application).

-export([start/2, stop/1]).

start(_StartType, _StartArgs) ->
    ok = beacon_store_metrics:describe(),
    beacon_storage_sup:start_link().

stop(_State) ->
    ok.
