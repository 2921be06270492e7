%% A few services to play with.
-module(beacon_tools_seed).

-include_lib("beacon_core/include/beacon.hrl").

-export([plant/0]).

-define(LIFETIME, 3600 * 1000).

-spec plant() -> ok.
plant() ->
    lists:foreach(fun plant/1, services()).

plant({Service, Ips}) ->
    _ = beacon_store:put_service(Service),
    lists:foreach(fun({Number, Ip}) -> plant(Service, Number, Ip) end,
                  lists:zip(lists:seq(1, length(Ips)), Ips)).

plant(#service{name = Name, port = Port}, Number, Ip) ->
    Endpoint = #endpoint{service = Name,
                         id = <<Name/binary, $-, (integer_to_binary(Number))/binary>>,
                         ip = Ip,
                         port = Port,
                         expires_at = beacon_clock:now() + ?LIFETIME},
    _ = beacon_store:put_endpoint(Endpoint),
    ok.

services() ->
    [{#service{name = <<"web">>, port = 80, attributes = #{<<"team">> => <<"shop">>}},
      [{10, 0, 1, 1}, {10, 0, 1, 2}, {10, 0, 1, 3}]},
     {#service{name = <<"db">>, port = 5432},
      [{10, 0, 2, 1}, {10, 0, 2, 2}]},
     {#service{name = <<"syslog">>, protocol = udp, port = 514},
      [{16#fd00, 0, 0, 0, 0, 0, 0, 1}]}].
