%% What can go wrong with a request, and how to say it.
-module(beacon_error).

-export([kind/1, text/1]).

-type reason() :: {bad_name, binary()}
                | {bad_field, Field :: binary()}
                | {missing_field, Field :: binary()}
                | not_an_object
                | {unknown_service, beacon_name:name()}
                | {unknown_endpoint, beacon_name:name(), beacon_name:name()}
                | {no_endpoints, beacon_name:name()}.
-export_type([reason/0]).

%% For callers that only branch.
-spec kind(reason()) -> invalid | not_found | unavailable.
kind({unknown_service, _}) -> not_found;
kind({unknown_endpoint, _, _}) -> not_found;
kind({no_endpoints, _}) -> unavailable;
kind(_) -> invalid.

%% For people.
-spec text(reason()) -> binary().
text(Reason) ->
    iolist_to_binary(describe(Reason)).

describe({bad_name, Text}) ->
    ["not a name: ", Text, " (1 to 63 letters, digits and hyphens)"];
describe({bad_field, Field}) ->
    ["the value of the field ", Field, " cannot be used"];
describe({missing_field, Field}) ->
    ["the field ", Field, " is missing"];
describe(not_an_object) ->
    "the body must be a JSON object";
describe({unknown_service, Name}) ->
    ["no service is called ", Name];
describe({unknown_endpoint, Service, Id}) ->
    ["the service ", Service, " has no endpoint ", Id];
describe({no_endpoints, Name}) ->
    ["the service ", Name, " has no endpoints now"].
