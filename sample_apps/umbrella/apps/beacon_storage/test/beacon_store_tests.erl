-module(beacon_store_tests).

-include_lib("eunit/include/eunit.hrl").
-include_lib("beacon_core/include/beacon.hrl").

store_test_() ->
    {setup,
     fun start/0,
     fun stop/1,
     [{"services are kept by name", fun services/0},
      {"endpoints go with their service", fun endpoints/0},
      {"endpoints expire", fun expiry/0},
      {"a key stays with its endpoint", fun choice/0}]}.

start() ->
    ok = logger:set_primary_config(level, warning),
    {ok, Started} = application:ensure_all_started(beacon_storage),
    Started.

stop(Started) ->
    [ok = application:stop(App) || App <- lists:reverse(Started)].

services() ->
    Web = #service{name = <<"web">>, port = 80},
    ?assertEqual(created, beacon_store:put_service(Web)),
    ?assertEqual(replaced, beacon_store:put_service(Web#service{port = 81})),
    ?assertEqual({ok, Web#service{port = 81}}, beacon_store:service(<<"web">>)),
    ?assertEqual(ok, beacon_store:remove_service(<<"web">>)),
    ?assertEqual({error, {unknown_service, <<"web">>}}, beacon_store:service(<<"web">>)).

endpoints() ->
    created = beacon_store:put_service(#service{name = <<"db">>, port = 5432}),
    ?assertEqual(created, beacon_store:put_endpoint(endpoint(<<"a">>, 60000))),
    ?assertMatch({ok, [#endpoint{id = <<"a">>}]}, beacon_store:endpoints(<<"db">>)),
    ok = beacon_store:remove_service(<<"db">>),
    ?assertMatch({error, {unknown_endpoint, _, _}}, beacon_store:endpoint(<<"db">>, <<"a">>)).

expiry() ->
    created = beacon_store:put_service(#service{name = <<"db">>, port = 5432}),
    created = beacon_store:put_endpoint(endpoint(<<"old">>, 60000)),
    created = beacon_store:put_endpoint(endpoint(<<"new">>, 180000)),
    ok = beacon_store_expiry:sweep(beacon_clock:now() + 120000),
    ?assertMatch({ok, [#endpoint{id = <<"new">>}]}, beacon_store:endpoints(<<"db">>)),
    ok = beacon_store:remove_service(<<"db">>).

choice() ->
    created = beacon_store:put_service(#service{name = <<"db">>, port = 5432}),
    ?assertEqual({error, {no_endpoints, <<"db">>}}, beacon_store:choose(<<"db">>, <<"key">>)),
    [created = beacon_store:put_endpoint(endpoint(Id, 60000)) || Id <- [<<"a">>, <<"b">>, <<"c">>]],
    {ok, Chosen} = beacon_store:choose(<<"db">>, <<"key">>),
    ?assertEqual({ok, Chosen}, beacon_store:choose(<<"db">>, <<"key">>)),
    ok = beacon_store:remove_service(<<"db">>).

endpoint(Id, Ttl) ->
    #endpoint{service = <<"db">>,
              id = Id,
              ip = {10, 0, 0, 1},
              port = 5432,
              expires_at = beacon_clock:now() + Ttl}.

sql_test() ->
    ?assertEqual([<<"SELECT ';--'">>, <<"DELETE FROM t">>],
                 beacon_store_sql:statements(<<"-- a; b\nSELECT ';--'; \n DELETE FROM t;">>)).

migrations_test() ->
    ?assertMatch([#{version := 1, name := <<"services">>, statements := 2},
                  #{version := 2, name := <<"endpoints">>, statements := 2},
                  #{version := 3, statements := 2}],
                 beacon_store_migrations:all()).
