%% Reads one request. The socket parses the request line and the headers.
-module(beacon_http_request).

-export([read/1, keeps_alive/1, json/1, query/2]).

-type request() :: #{method := binary(),
                     path := binary(),
                     query := binary(),
                     version := {1, 0 | 1},
                     headers := #{binary() => binary()},
                     body := binary()}.
-export_type([request/0]).

-define(IDLE_TIMEOUT, 30000).
-define(TIMEOUT, 5000).
-define(MAX_HEADERS, 100).
-define(MAX_BODY, 65536).

-spec read(gen_tcp:socket()) -> {ok, request()} | {refuse, beacon_http_response:response()} | closed.
read(Socket) ->
    case gen_tcp:recv(Socket, 0, ?IDLE_TIMEOUT) of
        {ok, {http_request, Method, {abs_path, Target}, {1, Minor} = Version}} when Minor < 2 ->
            [Path | Query] = binary:split(Target, <<"?">>),
            Request = #{method => text(Method),
                        path => Path,
                        query => iolist_to_binary(Query),
                        version => Version},
            read_headers(Socket, Request, #{}, ?MAX_HEADERS);
        {ok, _} ->
            {refuse, beacon_http_response:problem(400, <<"this is not an HTTP/1.1 request">>)};
        {error, _} ->
            closed
    end.

read_headers(_Socket, _Request, _Headers, 0) ->
    {refuse, beacon_http_response:problem(431, <<"too many headers">>)};
read_headers(Socket, Request, Headers, Left) ->
    case gen_tcp:recv(Socket, 0, ?TIMEOUT) of
        {ok, {http_header, _, Name, _, Value}} ->
            Key = string:lowercase(text(Name)),
            read_headers(Socket, Request, Headers#{Key => Value}, Left - 1);
        {ok, http_eoh} ->
            read_body(Socket, Request#{headers => Headers});
        {ok, _} ->
            {refuse, beacon_http_response:problem(400, <<"a header cannot be read">>)};
        {error, _} ->
            closed
    end.

read_body(Socket, #{headers := Headers} = Request) ->
    case body_length(Headers) of
        0 ->
            {ok, Request#{body => <<>>}};
        Length when is_integer(Length), Length =< ?MAX_BODY ->
            ok = continue(Socket, Headers),
            receive_body(Socket, Length, Request);
        Length when is_integer(Length) ->
            {refuse, beacon_http_response:problem(413, <<"the body is too large">>)};
        unknown ->
            {refuse, beacon_http_response:problem(411, <<"the length of the body is not stated">>)}
    end.

body_length(#{<<"transfer-encoding">> := _}) -> unknown;
body_length(#{<<"content-length">> := Text}) ->
    case string:to_integer(Text) of
        {Length, <<>>} when is_integer(Length), Length >= 0 -> Length;
        _ -> unknown
    end;
body_length(_) -> 0.

%% Some clients wait for this before they send a body.
continue(Socket, #{<<"expect">> := <<"100-continue">>}) ->
    _ = gen_tcp:send(Socket, <<"HTTP/1.1 100 Continue\r\n\r\n">>),
    ok;
continue(_Socket, _Headers) ->
    ok.

receive_body(Socket, Length, Request) ->
    ok = inet:setopts(Socket, [{packet, raw}]),
    case gen_tcp:recv(Socket, Length, ?TIMEOUT) of
        {ok, Body} ->
            ok = inet:setopts(Socket, [{packet, http_bin}]),
            {ok, Request#{body => Body}};
        {error, _} ->
            closed
    end.

text(Atom) when is_atom(Atom) -> atom_to_binary(Atom);
text(Text) -> Text.

%% HTTP/1.1 keeps a connection unless asked otherwise, HTTP/1.0 closes it.
-spec keeps_alive(request()) -> boolean().
keeps_alive(#{version := Version, headers := Headers}) ->
    case string:lowercase(maps:get(<<"connection">>, Headers, <<>>)) of
        <<"close">> -> false;
        <<"keep-alive">> -> true;
        _ -> Version =:= {1, 1}
    end.

%% The body as a JSON document.
-spec json(request()) -> {ok, tinyjson:value()} | {error, Text :: binary()}.
json(#{body := Body}) ->
    case tinyjson:decode(Body) of
        {ok, Value} ->
            {ok, Value};
        {error, {Reason, Offset}} ->
            {error, iolist_to_binary(io_lib:format("no JSON: ~s at byte ~b", [Reason, Offset]))}
    end.

%% The first value of a name in the query string.
-spec query(request(), Name :: binary()) -> {ok, binary()} | error.
query(#{query := Query}, Name) ->
    case pctcode_query:parse(Query) of
        {ok, Pairs} ->
            case lists:keyfind(Name, 1, Pairs) of
                {Name, Value} -> {ok, Value};
                false -> error
            end;
        {error, bad_escape} ->
            error
    end.
