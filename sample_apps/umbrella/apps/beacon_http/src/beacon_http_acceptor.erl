%% Waits for connections and hands each to a process of its own.
-module(beacon_http_acceptor).

-export([start_link/0]).
-export([init/0]).

-define(PAUSE, 100).

start_link() ->
    proc_lib:start_link(?MODULE, init, []).

init() ->
    Listen = beacon_http_listener:socket(),
    proc_lib:init_ack({ok, self()}),
    loop(Listen).

loop(Listen) ->
    case gen_tcp:accept(Listen) of
        {ok, Socket} ->
            ok = beacon_http_connection_sup:serve(Socket);
        {error, closed} ->
            exit(shutdown);
        {error, _TooManyFilesOrAborted} ->
            timer:sleep(?PAUSE)
    end,
    loop(Listen).
