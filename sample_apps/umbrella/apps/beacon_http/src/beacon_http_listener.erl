%% Owns the listening socket.
-module(beacon_http_listener).

-behaviour(gen_server).

-include_lib("kernel/include/logger.hrl").

-export([start_link/1, socket/0]).
-export([init/1, handle_call/3, handle_cast/2]).

start_link(Port) ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, Port, []).

-spec socket() -> gen_tcp:socket().
socket() ->
    gen_server:call(?MODULE, socket).

init(Port) ->
    Options = [binary, {packet, http_bin}, {packet_size, 8192}, {active, false},
               {reuseaddr, true}, {backlog, 512}, {nodelay, true}, {send_timeout, 5000}],
    case gen_tcp:listen(Port, Options) of
        {ok, Socket} ->
            ?LOG_NOTICE("beacon answers HTTP on port ~b", [Port]),
            {ok, Socket};
        {error, Reason} ->
            {stop, {cannot_listen, Port, Reason}}
    end.

handle_call(socket, _From, Socket) ->
    {reply, Socket, Socket}.

handle_cast(_Message, Socket) ->
    {noreply, Socket}.
