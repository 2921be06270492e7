-module(tally_sup).

-behaviour(supervisor).

-export([start_link/0]).
-export([init/1]).

start_link() ->
    supervisor:start_link({local, ?MODULE}, ?MODULE, []).

init([]) ->
    Table = #{id => tally_table, start => {tally_table, start_link, []}},
    {ok, {#{strategy => one_for_one}, [Table]}}.
