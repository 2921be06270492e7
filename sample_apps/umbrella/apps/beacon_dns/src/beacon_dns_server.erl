%% Answers queries that come over UDP.
-module(beacon_dns_server).

-behaviour(gen_server).

-include_lib("kernel/include/logger.hrl").

-export([start_link/1]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

%% Packets taken from the socket before it is asked for more.
-define(BURST, 100).

start_link(Port) ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, Port, []).

init(Port) ->
    case gen_udp:open(Port, [binary, {active, ?BURST}]) of
        {ok, Socket} ->
            ?LOG_NOTICE("beacon answers DNS on port ~b", [Port]),
            {ok, Socket};
        {error, Reason} ->
            {stop, {cannot_open, Port, Reason}}
    end.

handle_call(_Request, _From, Socket) ->
    {reply, {error, unknown_request}, Socket}.

handle_cast(_Message, Socket) ->
    {noreply, Socket}.

handle_info({udp, Socket, Ip, Port, Packet}, Socket) ->
    case beacon_dns_reply:make(Packet) of
        {ok, Reply} -> _ = gen_udp:send(Socket, Ip, Port, Reply);
        ignore -> ok
    end,
    {noreply, Socket};
handle_info({udp_passive, Socket}, Socket) ->
    ok = inet:setopts(Socket, [{active, ?BURST}]),
    {noreply, Socket}.
