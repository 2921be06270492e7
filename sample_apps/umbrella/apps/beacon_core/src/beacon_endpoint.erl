%% Endpoints as the documents that clients send and get.
-module(beacon_endpoint).

-include("beacon.hrl").

-export([from_map/3, to_map/1]).

%% `ip` is required; the port of the service and the configured time
%% to live are the defaults for `port` and `ttl`.
-spec from_map(#service{}, Id :: binary(), map()) ->
          {ok, #endpoint{}} | {error, beacon_error:reason()}.
from_map(#service{name = Service, port = ServicePort}, IdText, Map) ->
    Fields = [{<<"ip">>, required, fun beacon_ip:parse/1},
              {<<"port">>, {default, ServicePort}, fun beacon_fields:port/1},
              {<<"weight">>, {default, 1}, fun beacon_fields:weight/1},
              {<<"ttl">>, {default, default_ttl()}, fun beacon_fields:duration/1}],
    case {beacon_name:check(IdText), beacon_fields:read(Fields, Map)} of
        {{ok, Id}, {ok, [Ip, Port, Weight, Ttl]}} ->
            {ok, #endpoint{service = Service,
                           id = Id,
                           ip = Ip,
                           port = Port,
                           weight = Weight,
                           expires_at = beacon_clock:now() + Ttl}};
        {{error, Reason}, _} -> {error, Reason};
        {_, {error, Reason}} -> {error, Reason}
    end.

default_ttl() ->
    {ok, Text} = application:get_env(beacon_core, default_ttl),
    {ok, Milliseconds} = beacon_duration:parse(Text),
    Milliseconds.

-spec to_map(#endpoint{}) -> map().
to_map(#endpoint{} = Endpoint) ->
    #{service => Endpoint#endpoint.service,
      id => Endpoint#endpoint.id,
      ip => beacon_ip:format(Endpoint#endpoint.ip),
      port => Endpoint#endpoint.port,
      weight => Endpoint#endpoint.weight,
      expires_at => beacon_clock:rfc3339(Endpoint#endpoint.expires_at)}.
