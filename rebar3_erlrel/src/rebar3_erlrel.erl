%% The plugin: one command, `rebar3 erlrel`.
-module(rebar3_erlrel).

-export([init/1]).

-spec init(rebar_state:t()) -> {ok, rebar_state:t()}.
init(State) ->
    rebar3_erlrel_prv:init(State).
