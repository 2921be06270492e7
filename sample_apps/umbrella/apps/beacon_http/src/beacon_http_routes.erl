-module(beacon_http_routes).

-export([all/0]).

-spec all() -> [waypost:route()].
all() ->
    [{<<"GET">>, <<"/">>, beacon_http_home},
     {<<"GET">>, <<"/health">>, beacon_http_health},
     {<<"GET">>, <<"/metrics">>, beacon_http_metrics},
     {<<"GET">>, <<"/migrations">>, beacon_http_migrations},
     {<<"GET">>, <<"/changes">>, beacon_http_changes},
     {<<"GET">>, <<"/services">>, beacon_http_services},
     {<<"GET">>, <<"/services/:name">>, beacon_http_service},
     {<<"PUT">>, <<"/services/:name">>, beacon_http_service},
     {<<"DELETE">>, <<"/services/:name">>, beacon_http_service},
     {<<"GET">>, <<"/services/:name/endpoints">>, beacon_http_endpoints},
     {<<"POST">>, <<"/services/:name/endpoints">>, beacon_http_endpoints},
     {<<"GET">>, <<"/services/:name/endpoints/:id">>, beacon_http_endpoint},
     {<<"PUT">>, <<"/services/:name/endpoints/:id">>, beacon_http_endpoint},
     {<<"DELETE">>, <<"/services/:name/endpoints/:id">>, beacon_http_endpoint},
     {<<"GET">>, <<"/lookup/:name">>, beacon_http_lookup}].
