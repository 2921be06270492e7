%% The registry's contents as rows of a table.
-module(beacon_tools_show).

-include_lib("beacon_core/include/beacon.hrl").

-export([services/1, endpoints/1, changes/1]).

services(Services) ->
    [[<<"service">>, <<"protocol">>, <<"port">>] | [service(Service) || Service <- Services]].

service(#service{name = Name, protocol = Protocol, port = Port}) ->
    [Name, atom_to_binary(Protocol), integer_to_binary(Port)].

endpoints(Endpoints) ->
    [[<<"endpoint">>, <<"address">>, <<"port">>, <<"weight">>, <<"seconds left">>]
     | [endpoint(Endpoint) || Endpoint <- Endpoints]].

endpoint(#endpoint{} = Endpoint) ->
    [Endpoint#endpoint.id,
     beacon_ip:format(Endpoint#endpoint.ip),
     integer_to_binary(Endpoint#endpoint.port),
     integer_to_binary(Endpoint#endpoint.weight),
     integer_to_binary(beacon_clock:seconds_left(Endpoint#endpoint.expires_at))].

changes(Changes) ->
    [[<<"time">>, <<"event">>, <<"service">>, <<"endpoint">>]
     | [[beacon_clock:rfc3339(Moment) | event(Event)] || {Moment, Event} <- Changes]].

event({Kind, Service}) -> [atom_to_binary(Kind), Service, <<>>];
event({Kind, Service, Id}) -> [atom_to_binary(Kind), Service, Id].
