-module(beacon_dns_tests).

-include_lib("eunit/include/eunit.hrl").
-include_lib("beacon_core/include/beacon.hrl").

-define(HEAD(Flags, Answers, Additional), <<7:16, Flags:16, 1:16, Answers:16, 0:16, Additional:16>>).

dns_test_() ->
    {setup, fun start/0, fun stop/1,
     [{"addresses of a service", fun addresses/0},
      {"location of a service", fun location/0},
      {"what is not there", fun absent/0},
      {"broken packets", fun broken/0}]}.

start() ->
    ok = logger:set_primary_config(level, warning),
    {ok, Started} = application:ensure_all_started(beacon_storage),
    ok = application:set_env(beacon_core, zone, "test"),
    created = beacon_store:put_service(#service{name = <<"web">>, port = 80}),
    created = beacon_store:put_endpoint(#endpoint{service = <<"web">>, id = <<"a">>,
                                                  ip = {10, 0, 0, 1}, port = 80,
                                                  expires_at = beacon_clock:now() + 30000}),
    Started.

stop(Started) ->
    [ok = application:stop(App) || App <- lists:reverse(Started)].

addresses() ->
    Question = question([<<"web">>, <<"test">>], 1),
    Head = ?HEAD(16#8400, 1, 0),
    Answer = <<3, "web", 4, "test", 0, 1:16, 1:16, 30:32, 4:16, 10, 0, 0, 1>>,
    ?assertEqual({ok, <<Head/binary, Question/binary, Answer/binary>>}, ask(Question)),
    NoneOfType = ?HEAD(16#8400, 0, 0),
    Ipv6 = question([<<"web">>, <<"test">>], 28),
    ?assertEqual({ok, <<NoneOfType/binary, Ipv6/binary>>}, ask(Ipv6)).

location() ->
    Question = question([<<"_WEB">>, <<"_tcp">>, <<"test">>], 33),
    Head = ?HEAD(16#8400, 1, 1),
    {ok, <<Head:12/binary, _/binary>> = Reply} = ask(Question),
    Srv = <<0:16, 1:16, 80:16, 1, "a", 3, "web", 4, "test", 0>>,
    ?assertMatch([_, _], binary:split(Reply, <<(byte_size(Srv)):16, Srv/binary>>)).

absent() ->
    [?assertEqual({ok, <<(?HEAD(Flags, 0, 0))/binary, Question/binary>>}, ask(Question))
     || {Flags, Question} <- [{16#8403, question([<<"no">>, <<"test">>], 1)},
                              {16#8403, question([<<"_web">>, <<"_udp">>, <<"test">>], 33)},
                              {16#8405, question([<<"web">>, <<"elsewhere">>], 1)}]].

broken() ->
    ?assertEqual(ignore, beacon_dns_reply:make(<<>>)),
    ?assertEqual(ignore, beacon_dns_reply:make(?HEAD(16#8000, 0, 0))),
    ?assertEqual({ok, <<7:16, 16#8401:16, 0:64>>}, ask(<<63, "cut">>)).

ask(Question) ->
    beacon_dns_reply:make(<<(?HEAD(0, 0, 0))/binary, Question/binary>>).

question(Name, Type) ->
    <<(beacon_dns_name:encode(Name))/binary, Type:16, 1:16>>.
