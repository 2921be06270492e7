-module(beacon_store_services).

-include_lib("beacon_core/include/beacon.hrl").

-export([create_table/0, put/1, get/1, all/0, remove/1, count/0]).

-define(TABLE, beacon_services).

create_table() ->
    ?TABLE = ets:new(?TABLE, [named_table, public, ordered_set,
                              {keypos, #service.name}, {read_concurrency, true}]),
    ok.

put(#service{} = Service) ->
    case ets:insert_new(?TABLE, Service) of
        true ->
            created;
        false ->
            true = ets:insert(?TABLE, Service),
            replaced
    end.

get(Name) ->
    case ets:lookup(?TABLE, Name) of
        [Service] -> {ok, Service};
        [] -> {error, {unknown_service, Name}}
    end.

%% Sorted by name.
all() ->
    ets:tab2list(?TABLE).

remove(Name) ->
    case ets:take(?TABLE, Name) of
        [_Service] -> ok;
        [] -> {error, {unknown_service, Name}}
    end.

count() ->
    ets:info(?TABLE, size).
