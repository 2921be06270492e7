%% A web server in one page, over plain TCP or TLS: the two have the same
%% functions, so the transport is just the name of a module.
-module(native_http).

-behaviour(gen_server).

-export([start_link/5]).
-export([init/1, handle_call/3, handle_cast/2]).

-define(TIMEOUT, 5000).

-type page() :: fun(() -> {Status :: 200 | 500, iolist()}).

-spec start_link(atom(), gen_tcp | ssl, inet:port_number(), list(), page()) ->
          {ok, pid()} | {error, term()}.
start_link(Name, Transport, Port, Options, Page) ->
    gen_server:start_link({local, Name}, ?MODULE, {Transport, Port, Options, Page}, []).

%% This process owns the listening socket: when it ends, so does the service.
init({Transport, Port, Options, Page}) ->
    Common = [binary, {packet, http_bin}, {active, false}, {reuseaddr, true}, {backlog, 128}],
    case Transport:listen(Port, Common ++ Options) of
        {ok, Listen} ->
            logger:notice("native listens on port ~b (~s)", [Port, Transport]),
            start_acceptor(Transport, Listen, Page),
            {ok, Listen};
        {error, Reason} ->
            {stop, {cannot_listen, Port, Reason}}
    end.

handle_call(_Request, _From, Listen) ->
    {reply, {error, unknown_request}, Listen}.

handle_cast(_Message, Listen) ->
    {noreply, Listen}.

start_acceptor(Transport, Listen, Page) ->
    _ = spawn(fun() -> accept(Transport, Listen, Page) end),
    ok.

%% Whoever accepts a connection also serves it; the next one waits meanwhile.
accept(Transport, Listen, Page) ->
    case accept(Transport, Listen) of
        {ok, Accepted} ->
            start_acceptor(Transport, Listen, Page),
            case handshake(Transport, Accepted) of
                {ok, Socket} -> serve(Transport, Socket, Page);
                {error, _Reason} -> ok
            end;
        {error, closed} ->
            ok;
        {error, _Temporary} ->
            timer:sleep(100),
            accept(Transport, Listen, Page)
    end.

accept(gen_tcp, Listen) -> gen_tcp:accept(Listen);
accept(ssl, Listen) -> ssl:transport_accept(Listen).

handshake(gen_tcp, Socket) -> {ok, Socket};
handshake(ssl, Socket) -> ssl:handshake(Socket, ?TIMEOUT).

serve(Transport, Socket, Page) ->
    case read_request(Transport, Socket) of
        {ok, Method, Path} ->
            {Status, Body} = answer(Method, Path, Page),
            _ = Transport:send(Socket, response(Status, Body)),
            ok;
        {error, _Reason} ->
            ok
    end,
    Transport:close(Socket).

read_request(Transport, Socket) ->
    case Transport:recv(Socket, 0, ?TIMEOUT) of
        {ok, {http_request, Method, {abs_path, Path}, _Version}} ->
            skip_headers(Transport, Socket, Method, Path);
        {ok, _Other} ->
            {error, bad_request};
        {error, Reason} ->
            {error, Reason}
    end.

skip_headers(Transport, Socket, Method, Path) ->
    case Transport:recv(Socket, 0, ?TIMEOUT) of
        {ok, http_eoh} -> {ok, Method, Path};
        {ok, {http_header, _, _, _, _}} -> skip_headers(Transport, Socket, Method, Path);
        {ok, _Other} -> {error, bad_request};
        {error, Reason} -> {error, Reason}
    end.

answer('GET', <<"/">>, Page) -> Page();
answer('GET', <<"/health">>, _Page) -> {200, "ok\n"};
answer('GET', _Path, _Page) -> {404, "not found\n"};
answer(_Method, _Path, _Page) -> {405, "only GET is understood\n"}.

response(Status, Body) ->
    Length = integer_to_list(iolist_size(Body)),
    ["HTTP/1.1 ", reason(Status), "\r\n",
     "content-type: text/plain; charset=utf-8\r\n",
     "content-length: ", Length, "\r\n",
     "connection: close\r\n\r\n",
     Body].

reason(200) -> "200 OK";
reason(404) -> "404 Not Found";
reason(405) -> "405 Method Not Allowed";
reason(500) -> "500 Internal Server Error".
