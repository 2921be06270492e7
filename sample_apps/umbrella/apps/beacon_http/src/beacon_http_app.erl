-module(beacon_http_app).

-behaviour(application).

-export([start/2, stop/1]).

start(_StartType, _StartArgs) ->
    {ok, Port} = application:get_env(port),
    {ok, Acceptors} = application:get_env(acceptors),
    ok = beacon_http_metrics:describe(),
    ok = beacon_http_router:install(),
    beacon_http_sup:start_link(Port, Acceptors).

stop(_State) ->
    beacon_http_router:uninstall().
