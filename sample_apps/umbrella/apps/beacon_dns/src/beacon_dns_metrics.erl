-module(beacon_dns_metrics).

-export([describe/0, count/1]).

-define(QUERIES, <<"beacon_dns_queries_total">>).

-spec describe() -> ok.
describe() ->
    tally:describe(?QUERIES, <<"Queries answered, by result.">>).

-spec count(beacon_dns_message:result()) -> ok.
count(Result) ->
    tally:increment(?QUERIES, #{result => Result}).
