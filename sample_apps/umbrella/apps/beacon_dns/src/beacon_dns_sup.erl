-module(beacon_dns_sup).

-behaviour(supervisor).

-export([start_link/1]).
-export([init/1]).

start_link(Port) ->
    supervisor:start_link({local, ?MODULE}, ?MODULE, Port).

init(Port) ->
    Server = #{id => server, start => {beacon_dns_server, start_link, [Port]}},
    {ok, {#{strategy => one_for_one}, [Server]}}.
