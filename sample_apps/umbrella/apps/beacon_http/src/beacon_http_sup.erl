-module(beacon_http_sup).

-behaviour(supervisor).

-export([start_link/2]).
-export([init/1]).

start_link(Port, Acceptors) ->
    supervisor:start_link({local, ?MODULE}, ?MODULE, {Port, Acceptors}).

%% Connections outlive a new listener; acceptors do not.
init({Port, Acceptors}) ->
    {ok, {#{strategy => rest_for_one},
          [#{id => connections,
             start => {beacon_http_connection_sup, start_link, []},
             type => supervisor},
           #{id => listener,
             start => {beacon_http_listener, start_link, [Port]}}
           | [acceptor(Number) || Number <- lists:seq(1, Acceptors)]]}}.

acceptor(Number) ->
    #{id => {acceptor, Number}, start => {beacon_http_acceptor, start_link, []}}.
