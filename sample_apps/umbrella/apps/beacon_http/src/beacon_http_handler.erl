%% What a module must do to answer the requests of a route.
-module(beacon_http_handler).

-type bindings() :: #{atom() => binary()}.
-export_type([bindings/0]).

-callback handle(Method :: binary(), bindings(), beacon_http_request:request()) ->
    beacon_http_response:response().
