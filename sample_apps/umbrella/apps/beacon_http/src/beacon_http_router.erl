%% Brings each request to the handler of its route.
-module(beacon_http_router).

-include_lib("kernel/include/logger.hrl").
-include_lib("waypost/include/waypost.hrl").

-export([install/0, uninstall/0, handle/1]).

-define(KEY, {?MODULE, router}).

%% The router is read for each request and never changes.
-spec install() -> ok.
install() ->
    persistent_term:put(?KEY, waypost:new(beacon_http_routes:all())).

-spec uninstall() -> ok.
uninstall() ->
    _ = persistent_term:erase(?KEY),
    ok.

-spec handle(beacon_http_request:request()) -> beacon_http_response:response().
handle(#{method := Method, path := Path} = Request) ->
    {Route, Response} =
        case waypost:match(persistent_term:get(?KEY), as_get(Method), Path) of
            {ok, #waypost_match{handler = Handler, bindings = Bindings, pattern = Pattern}} ->
                {Pattern, call(Handler, as_get(Method), maps:map(fun lowercase/2, Bindings), Request)};
            {error, Reason} ->
                {<<"none">>, refuse(Reason)}
        end,
    ok = beacon_http_metrics:count(Route, beacon_http_response:status(Response)),
    Response.

as_get(<<"HEAD">>) -> <<"GET">>;
as_get(Method) -> Method.

%% In names, upper and lower case do not matter.
lowercase(_Name, Value) -> string:lowercase(Value).

%% A mistake in a handler costs its request, not the connection.
call(Handler, Method, Bindings, Request) ->
    try
        Handler:handle(Method, Bindings, Request)
    catch
        Class:Reason:Stack ->
            ?LOG_ERROR("~s failed: ~0p", [Handler, {Class, Reason, Stack}]),
            beacon_http_response:problem(500, <<"something went wrong here">>)
    end.

refuse(not_found) ->
    beacon_http_response:problem(404, <<"there is nothing at this path">>);
refuse(bad_path) ->
    beacon_http_response:problem(400, <<"the path cannot be read">>);
refuse({method_not_allowed, Allowed}) ->
    Response = beacon_http_response:problem(405, <<"this method is not for this path">>),
    beacon_http_response:with_header(<<"allow">>, lists:join(<<", ">>, Allowed), Response).
