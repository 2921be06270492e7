%% Services as the documents that clients send and get.
-module(beacon_service).

-include("beacon.hrl").

-export([from_map/2, to_map/1]).

%% Only `port` is required.
-spec from_map(Name :: binary(), map()) -> {ok, #service{}} | {error, beacon_error:reason()}.
from_map(NameText, Map) ->
    Fields = [{<<"port">>, required, fun beacon_fields:port/1},
              {<<"protocol">>, {default, tcp}, fun beacon_fields:protocol/1},
              {<<"attributes">>, {default, #{}}, fun beacon_fields:attributes/1}],
    case {beacon_name:check(NameText), beacon_fields:read(Fields, Map)} of
        {{ok, Name}, {ok, [Port, Protocol, Attributes]}} ->
            {ok, #service{name = Name,
                          protocol = Protocol,
                          port = Port,
                          attributes = Attributes}};
        {{error, Reason}, _} -> {error, Reason};
        {_, {error, Reason}} -> {error, Reason}
    end.

-spec to_map(#service{}) -> map().
to_map(#service{} = Service) ->
    #{name => Service#service.name,
      protocol => Service#service.protocol,
      port => Service#service.port,
      attributes => Service#service.attributes}.
