%% Endpoints by service and id, so those of one service lie side by side.
-module(beacon_store_endpoints).

-include_lib("beacon_core/include/beacon.hrl").

-export([create_table/0, put/1, get/2, of_service/1, remove/2, remove_all/1]).
-export([expired/1, count/0]).

-define(TABLE, beacon_endpoints).

create_table() ->
    ?TABLE = ets:new(?TABLE, [named_table, public, ordered_set, {read_concurrency, true}]),
    ok.

put(#endpoint{service = Service, id = Id} = Endpoint) ->
    Entry = {{Service, Id}, Endpoint},
    case ets:insert_new(?TABLE, Entry) of
        true ->
            created;
        false ->
            true = ets:insert(?TABLE, Entry),
            replaced
    end.

get(Service, Id) ->
    case ets:lookup(?TABLE, {Service, Id}) of
        [{_Key, Endpoint}] -> {ok, Endpoint};
        [] -> {error, {unknown_endpoint, Service, Id}}
    end.

%% Sorted by id.
of_service(Service) ->
    ets:select(?TABLE, [{{{Service, '_'}, '$1'}, [], ['$1']}]).

remove(Service, Id) ->
    case ets:take(?TABLE, {Service, Id}) of
        [_Entry] -> ok;
        [] -> {error, {unknown_endpoint, Service, Id}}
    end.

remove_all(Service) ->
    true = ets:match_delete(?TABLE, {{Service, '_'}, '_'}),
    ok.

%% Those whose time was over at the given moment.
expired(Moment) ->
    [Endpoint || {_Key, #endpoint{expires_at = ExpiresAt} = Endpoint} <- ets:tab2list(?TABLE),
                 ExpiresAt =< Moment].

count() ->
    ets:info(?TABLE, size).
