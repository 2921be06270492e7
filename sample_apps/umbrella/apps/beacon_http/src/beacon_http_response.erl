-module(beacon_http_response).

-export([json/2, text/2, empty/1, failure/1, problem/2, with_header/3]).
-export([encode/1, encode/3, status/1]).

-type header() :: {Name :: binary(), Value :: iodata()}.
-opaque response() :: {Status :: 200..599, [header()], Body :: iodata()}.
-export_type([response/0]).

-spec json(200..599, tinyjson:value()) -> response().
json(Status, Value) ->
    {Status, [{<<"content-type">>, <<"application/json">>}], [tinyjson:encode(Value), $\n]}.

-spec text(200..599, iodata()) -> response().
text(Status, Body) ->
    {Status, [{<<"content-type">>, <<"text/plain; charset=utf-8">>}], Body}.

-spec empty(200..599) -> response().
empty(Status) ->
    {Status, [], <<>>}.

%% What the rest of beacon calls an error.
-spec failure(beacon_error:reason()) -> response().
failure(Reason) ->
    problem(failure_status(beacon_error:kind(Reason)), beacon_error:text(Reason)).

failure_status(invalid) -> 422;
failure_status(not_found) -> 404;
failure_status(unavailable) -> 503.

-spec problem(400..599, Text :: binary()) -> response().
problem(Status, Text) ->
    json(Status, #{error => Text}).

-spec with_header(binary(), iodata(), response()) -> response().
with_header(Name, Value, {Status, Headers, Body}) ->
    {Status, [{Name, Value} | Headers], Body}.

-spec status(response()) -> 200..599.
status({Status, _Headers, _Body}) -> Status.

%% For a request that could not be understood: nothing can follow it.
-spec encode(response()) -> iodata().
encode(Response) ->
    [head(Response, false), body(Response)].

-spec encode(beacon_http_request:request(), response(), KeepAlive :: boolean()) -> iodata().
encode(#{method := <<"HEAD">>}, Response, KeepAlive) ->
    head(Response, KeepAlive);
encode(_Request, Response, KeepAlive) ->
    [head(Response, KeepAlive), body(Response)].

head({Status, Headers, Body}, KeepAlive) ->
    All = Headers ++ content_length(Status, Body) ++ connection(KeepAlive),
    [<<"HTTP/1.1 ">>, integer_to_binary(Status), $\s, beacon_http_status:phrase(Status), <<"\r\n">>,
     [[Name, <<": ">>, Value, <<"\r\n">>] || {Name, Value} <- All],
     <<"\r\n">>].

content_length(204, _Body) -> [];
content_length(_Status, Body) -> [{<<"content-length">>, integer_to_binary(iolist_size(Body))}].

connection(true) -> [{<<"connection">>, <<"keep-alive">>}];
connection(false) -> [{<<"connection">>, <<"close">>}].

body({_Status, _Headers, Body}) -> Body.
