%% Spreads keys over the endpoints of a service.
-module(beacon_store_choice).

-include_lib("beacon_core/include/beacon.hrl").

-export([choose/3]).

%% Few keys move when an endpoint comes or goes: see hashring.
-spec choose(beacon_name:name(), [#endpoint{}], Key :: binary()) -> beacon_store:result(#endpoint{}).
choose(Service, Endpoints, Key) ->
    Ring = hashring:new([{Id, Weight} || #endpoint{id = Id, weight = Weight} <- Endpoints]),
    case hashring:lookup(Key, Ring) of
        {ok, Id} -> {ok, lists:keyfind(Id, #endpoint.id, Endpoints)};
        error -> {error, {no_endpoints, Service}}
    end.
