%% Counts requests, and shows all metrics to Prometheus.
-module(beacon_http_metrics).

-behaviour(beacon_http_handler).

-export([handle/3]).
-export([describe/0, count/2]).

-define(REQUESTS, <<"beacon_http_requests_total">>).

-spec describe() -> ok.
describe() ->
    tally:describe(?REQUESTS, <<"Requests answered, by route and status.">>).

-spec count(Route :: binary(), Status :: 200..599) -> ok.
count(Route, Status) ->
    tally:increment(?REQUESTS, #{route => Route, status => Status}).

handle(<<"GET">>, _Bindings, _Request) ->
    beacon_http_response:text(200, tally:text()).
