%% A web server in one page. With {packet, http_bin} the socket itself parses
%% the request line and the headers, so no library is needed.
-module(hello_http).

-behaviour(gen_server).

-export([start_link/1]).
-export([init/1, handle_call/3, handle_cast/2]).

-define(TIMEOUT, 5000).

start_link(Port) ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, Port, []).

%% This process owns the listening socket: when it ends, so does the service.
init(Port) ->
    Options = [binary, {packet, http_bin}, {active, false}, {reuseaddr, true}, {backlog, 128}],
    case gen_tcp:listen(Port, Options) of
        {ok, Listen} ->
            logger:notice("hello listens on port ~b", [Port]),
            start_acceptor(Listen),
            {ok, Listen};
        {error, Reason} ->
            {stop, {cannot_listen, Port, Reason}}
    end.

handle_call(_Request, _From, Listen) ->
    {reply, {error, unknown_request}, Listen}.

handle_cast(_Message, Listen) ->
    {noreply, Listen}.

start_acceptor(Listen) ->
    _ = spawn(fun() -> accept(Listen) end),
    ok.

%% Whoever accepts a connection also serves it; the next one waits meanwhile.
accept(Listen) ->
    case gen_tcp:accept(Listen) of
        {ok, Socket} ->
            start_acceptor(Listen),
            serve(Socket);
        {error, closed} ->
            ok;
        {error, _Temporary} ->
            timer:sleep(100),
            accept(Listen)
    end.

serve(Socket) ->
    case read_request(Socket) of
        {ok, Method, Path} ->
            {Status, Body} = answer(Method, Path),
            _ = gen_tcp:send(Socket, response(Status, Body)),
            ok;
        {error, _Reason} ->
            ok
    end,
    gen_tcp:close(Socket).

read_request(Socket) ->
    case gen_tcp:recv(Socket, 0, ?TIMEOUT) of
        {ok, {http_request, Method, {abs_path, Path}, _Version}} ->
            skip_headers(Socket, Method, Path);
        {ok, _Other} ->
            {error, bad_request};
        {error, Reason} ->
            {error, Reason}
    end.

skip_headers(Socket, Method, Path) ->
    case gen_tcp:recv(Socket, 0, ?TIMEOUT) of
        {ok, http_eoh} -> {ok, Method, Path};
        {ok, {http_header, _, _, _, _}} -> skip_headers(Socket, Method, Path);
        {ok, _Other} -> {error, bad_request};
        {error, Reason} -> {error, Reason}
    end.

answer('GET', <<"/">>) ->
    {ok, Vsn} = application:get_key(hello, vsn),
    {"200 OK", io_lib:format("Hello from ~s, release hello ~s~n", [node(), Vsn])};
answer('GET', <<"/health">>) ->
    {"200 OK", "ok\n"};
answer('GET', _Path) ->
    {"404 Not Found", "not found\n"};
answer(_Method, _Path) ->
    {"405 Method Not Allowed", "only GET is understood\n"}.

response(Status, Body) ->
    Length = integer_to_list(iolist_size(Body)),
    ["HTTP/1.1 ", Status, "\r\n",
     "content-type: text/plain; charset=utf-8\r\n",
     "content-length: ", Length, "\r\n",
     "connection: close\r\n\r\n",
     Body].
