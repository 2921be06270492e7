-module(beacon_store_metrics).

-export([describe/0, update/0]).

-define(SERVICES, <<"beacon_services">>).
-define(ENDPOINTS, <<"beacon_endpoints">>).

-spec describe() -> ok.
describe() ->
    ok = tally:describe(?SERVICES, <<"Services that are registered.">>),
    ok = tally:describe(?ENDPOINTS, <<"Endpoints that are alive.">>).

-spec update() -> ok.
update() ->
    ok = tally:set(?SERVICES, #{}, beacon_store_services:count()),
    ok = tally:set(?ENDPOINTS, #{}, beacon_store_endpoints:count()).
