%% All that other applications need to know of the store.
-module(beacon_store).

-include_lib("beacon_core/include/beacon.hrl").

-export([put_service/1, service/1, services/0, remove_service/1]).
-export([put_endpoint/1, endpoint/2, endpoints/1, remove_endpoint/2]).
-export([choose/2, changes/0]).

-type result(Value) :: {ok, Value} | {error, beacon_error:reason()}.
-export_type([result/1]).

%% Tells whether the service is new.
-spec put_service(#service{}) -> created | replaced.
put_service(#service{name = Name} = Service) ->
    Outcome = beacon_store_services:put(Service),
    ok = beacon_events:publish({service_stored, Name}),
    Outcome.

-spec service(beacon_name:name()) -> result(#service{}).
service(Name) ->
    beacon_store_services:get(Name).

-spec services() -> [#service{}].
services() ->
    beacon_store_services:all().

%% Its endpoints go with it.
-spec remove_service(beacon_name:name()) -> ok | {error, beacon_error:reason()}.
remove_service(Name) ->
    case beacon_store_services:remove(Name) of
        ok ->
            ok = beacon_store_endpoints:remove_all(Name),
            beacon_events:publish({service_removed, Name});
        {error, Reason} ->
            {error, Reason}
    end.

%% Storing an endpoint again renews it.
-spec put_endpoint(#endpoint{}) -> created | replaced.
put_endpoint(#endpoint{service = Service, id = Id} = Endpoint) ->
    Outcome = beacon_store_endpoints:put(Endpoint),
    ok = beacon_events:publish({endpoint_stored, Service, Id}),
    Outcome.

-spec endpoint(beacon_name:name(), Id :: beacon_name:name()) -> result(#endpoint{}).
endpoint(Service, Id) ->
    beacon_store_endpoints:get(Service, Id).

-spec endpoints(beacon_name:name()) -> result([#endpoint{}]).
endpoints(Service) ->
    case service(Service) of
        {ok, _} -> {ok, beacon_store_endpoints:of_service(Service)};
        {error, Reason} -> {error, Reason}
    end.

-spec remove_endpoint(beacon_name:name(), Id :: beacon_name:name()) ->
          ok | {error, beacon_error:reason()}.
remove_endpoint(Service, Id) ->
    case beacon_store_endpoints:remove(Service, Id) of
        ok -> beacon_events:publish({endpoint_removed, Service, Id});
        {error, Reason} -> {error, Reason}
    end.

%% The endpoint that serves a key: the same one as long as it lives.
-spec choose(beacon_name:name(), Key :: binary()) -> result(#endpoint{}).
choose(Service, Key) ->
    case endpoints(Service) of
        {ok, Endpoints} -> beacon_store_choice:choose(Service, Endpoints, Key);
        {error, Reason} -> {error, Reason}
    end.

%% The latest changes, newest first.
-spec changes() -> [{beacon_clock:milliseconds(), beacon_events:event()}].
changes() ->
    beacon_store_journal:changes().
