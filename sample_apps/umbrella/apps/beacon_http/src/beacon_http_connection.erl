%% Serves the requests of one connection, one after the other.
-module(beacon_http_connection).

-export([start_link/1, go/1]).
-export([init/1]).

-spec start_link(gen_tcp:socket()) -> {ok, pid()}.
start_link(Socket) ->
    {ok, proc_lib:spawn_link(?MODULE, init, [Socket])}.

%% Tells the process that the socket is now its own.
-spec go(pid()) -> ok.
go(Connection) ->
    Connection ! go,
    ok.

init(Socket) ->
    receive go -> loop(Socket) end.

loop(Socket) ->
    case beacon_http_request:read(Socket) of
        {ok, Request} ->
            Response = beacon_http_router:handle(Request),
            KeepAlive = beacon_http_request:keeps_alive(Request),
            Sent = gen_tcp:send(Socket, beacon_http_response:encode(Request, Response, KeepAlive)),
            next(Socket, Sent =:= ok andalso KeepAlive);
        {refuse, Response} ->
            _ = gen_tcp:send(Socket, beacon_http_response:encode(Response)),
            gen_tcp:close(Socket);
        closed ->
            gen_tcp:close(Socket)
    end.

next(Socket, true) -> loop(Socket);
next(Socket, false) -> gen_tcp:close(Socket).
