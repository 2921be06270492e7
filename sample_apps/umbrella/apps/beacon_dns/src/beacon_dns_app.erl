-module(beacon_dns_app).

-behaviour(application).

-export([start/2, stop/1]).

start(_StartType, _StartArgs) ->
    {ok, Port} = application:get_env(port),
    ok = beacon_dns_metrics:describe(),
    beacon_dns_sup:start_link(Port).

stop(_State) ->
    ok.
