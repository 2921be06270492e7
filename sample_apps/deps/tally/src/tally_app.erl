-module(tally_app).

-behaviour(application).

-export([start/2, stop/1]).

start(_StartType, _StartArgs) ->
    {ok, Sup} = tally_sup:start_link(),
    ok = tally_vm:describe(),
    {ok, Sup}.

stop(_State) ->
    ok.
