-module(beacon_tools_export).

-include_lib("beacon_core/include/beacon.hrl").

-export([json/0]).

%% The whole registry as one JSON document.
-spec json() -> binary().
json() ->
    tinyjson:encode([service(Service) || Service <- beacon_store:services()]).

service(#service{name = Name} = Service) ->
    (beacon_service:to_map(Service))#{endpoints => endpoints(beacon_store:endpoints(Name))}.

endpoints({ok, Endpoints}) -> [beacon_endpoint:to_map(Endpoint) || Endpoint <- Endpoints];
endpoints({error, {unknown_service, _}}) -> [].
