-module(beacon_core_tests).

-include_lib("eunit/include/eunit.hrl").

name_test_() ->
    Long = binary:copy(<<"a">>, 64),
    [?_assertEqual({ok, <<"web-1">>}, beacon_name:check(<<"Web-1">>))
     | [?_assertEqual({error, {bad_name, Text}}, beacon_name:check(Text))
        || Text <- [<<>>, <<"-web">>, <<"web-">>, <<"a.b">>, <<"a\n">>, Long]]].

duration_test_() ->
    [?_assertEqual({ok, 500}, beacon_duration:parse(<<"500ms">>)),
     ?_assertEqual({ok, 300000}, beacon_duration:parse("5m")),
     ?_assertEqual(error, beacon_duration:parse(<<"0s">>)),
     ?_assertEqual(error, beacon_duration:parse(<<"5 days">>)),
     ?_assertEqual(error, beacon_duration:parse(<<"soon">>))].

fields_test_() ->
    Fields = [{<<"port">>, required, fun beacon_fields:port/1},
              {<<"weight">>, {default, 1}, fun beacon_fields:weight/1}],
    [?_assertEqual({ok, [80, 1]}, beacon_fields:read(Fields, #{<<"port">> => 80})),
     ?_assertEqual({error, {missing_field, <<"port">>}}, beacon_fields:read(Fields, #{})),
     ?_assertEqual({error, {bad_field, <<"port">>}}, beacon_fields:read(Fields, #{<<"port">> => 0})),
     ?_assertEqual({error, not_an_object}, beacon_fields:read(Fields, []))].

zone_test_() ->
    {setup,
     fun() -> application:set_env(beacon_core, zone, "Example.Test") end,
     fun(_) -> application:unset_env(beacon_core, zone) end,
     [?_assertEqual({ok, [<<"web">>]}, beacon_zone:strip([<<"web">>, <<"example">>, <<"test">>])),
      ?_assertEqual({ok, []}, beacon_zone:strip([<<"example">>, <<"test">>])),
      ?_assertEqual(outside, beacon_zone:strip([<<"web">>, <<"test">>])),
      ?_assertEqual(outside, beacon_zone:strip([<<"test">>]))]}.
