-module(beacon_storage_sup).

-behaviour(supervisor).

-export([start_link/0]).
-export([init/1]).

start_link() ->
    supervisor:start_link({local, ?MODULE}, ?MODULE, []).

%% The others are of no use without the tables.
init([]) ->
    {ok, SweepText} = application:get_env(sweep_every),
    {ok, SweepEvery} = beacon_duration:parse(SweepText),
    {ok, JournalLength} = application:get_env(journal_length),
    {ok, {#{strategy => rest_for_one},
          [worker(beacon_store_tables, []),
           worker(beacon_store_journal, [JournalLength]),
           worker(beacon_store_expiry, [SweepEvery])]}}.

worker(Module, Arguments) ->
    #{id => Module, start => {Module, start_link, Arguments}}.
