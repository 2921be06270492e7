%% Owns the tables; their modules write to them from any process.
-module(beacon_store_tables).

-behaviour(gen_server).

-export([start_link/0]).
-export([init/1, handle_call/3, handle_cast/2]).

start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

init([]) ->
    ok = beacon_store_services:create_table(),
    ok = beacon_store_endpoints:create_table(),
    {ok, []}.

handle_call(_Request, _From, State) ->
    {reply, {error, unknown_request}, State}.

handle_cast(_Message, State) ->
    {noreply, State}.
