-module(native_app).

-behaviour(application).

-export([start/2, stop/1]).

start(_StartType, _StartArgs) ->
    {ok, Port} = application:get_env(native, port),
    {ok, TlsPort} = application:get_env(native, tls_port),
    native_sup:start_link(Port, TlsPort).

stop(_State) ->
    ok.
