%% Commands for the console of a running node: `beacon:help().'
-module(beacon).

-include_lib("beacon_core/include/beacon.hrl").

-export([help/0, services/0, endpoints/1, changes/0, top/0, top/1]).
-export([register/2, renew/3, remove/1, remove/2, lookup/2]).
-export([seed/0, export/0, watch/0]).

help() ->
    io:put_chars(beacon_tools_help:text()).

%% Tables.

services() ->
    beacon_tools_table:print(beacon_tools_show:services(beacon_store:services())).

endpoints(Service) ->
    case beacon_store:endpoints(name(Service)) of
        {ok, Endpoints} -> beacon_tools_table:print(beacon_tools_show:endpoints(Endpoints));
        {error, Reason} -> complain(Reason)
    end.

changes() ->
    beacon_tools_table:print(beacon_tools_show:changes(beacon_store:changes())).

top() ->
    top(10).

top(Count) ->
    beacon_tools_table:print(beacon_tools_top:busiest(Count)).

%% Changes.

register(Service, Port) ->
    case beacon_service:from_map(name(Service), #{<<"port">> => Port}) of
        {ok, Checked} -> beacon_store:put_service(Checked);
        {error, Reason} -> complain(Reason)
    end.

renew(Service, Id, Ip) ->
    case beacon_store:service(name(Service)) of
        {ok, Found} -> renew_at(Found, name(Id), name(Ip));
        {error, Reason} -> complain(Reason)
    end.

renew_at(Service, Id, Ip) ->
    case beacon_endpoint:from_map(Service, Id, #{<<"ip">> => Ip}) of
        {ok, Endpoint} -> beacon_store:put_endpoint(Endpoint);
        {error, Reason} -> complain(Reason)
    end.

remove(Service) ->
    said(beacon_store:remove_service(name(Service))).

remove(Service, Id) ->
    said(beacon_store:remove_endpoint(name(Service), name(Id))).

lookup(Service, Key) ->
    case beacon_store:choose(name(Service), name(Key)) of
        {ok, #endpoint{id = Id}} -> Id;
        {error, Reason} -> complain(Reason)
    end.

seed() ->
    beacon_tools_seed:plant().

export() ->
    io:format("~ts~n", [beacon_tools_export:json()]).

watch() ->
    beacon_tools_watch:start().

%% People type names as atoms, strings or binaries.
name(Name) when is_atom(Name) -> string:lowercase(atom_to_binary(Name));
name(Name) -> string:lowercase(unicode:characters_to_binary(Name)).

said(ok) -> ok;
said({error, Reason}) -> complain(Reason).

complain(Reason) ->
    io:format("~ts~n", [beacon_error:text(Reason)]),
    error.
