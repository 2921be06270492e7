-module(beacon_http_connection_sup).

-behaviour(supervisor).

-export([start_link/0, serve/1]).
-export([init/1]).

start_link() ->
    supervisor:start_link({local, ?MODULE}, ?MODULE, []).

%% The caller must own the socket.
-spec serve(gen_tcp:socket()) -> ok.
serve(Socket) ->
    {ok, Connection} = supervisor:start_child(?MODULE, [Socket]),
    case gen_tcp:controlling_process(Socket, Connection) of
        ok -> beacon_http_connection:go(Connection);
        {error, _Closed} -> supervisor:terminate_child(?MODULE, Connection)
    end.

init([]) ->
    {ok, {#{strategy => simple_one_for_one},
          [#{id => connection,
             start => {beacon_http_connection, start_link, []},
             restart => temporary}]}}.
