%% Names of services and endpoints. They become labels in DNS names, so the
%% rules are those of RFC 1123: letters, digits, inner hyphens, 63 at most.
-module(beacon_name).

-export([check/1]).

-type name() :: binary().
-export_type([name/0]).

%% Upper and lower case do not matter; the name is returned in lower case.
-spec check(binary()) -> {ok, name()} | {error, beacon_error:reason()}.
check(Text) ->
    case re:run(Text, "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", [caseless, dollar_endonly, {capture, none}]) of
        match -> {ok, string:lowercase(Text)};
        nomatch -> {error, {bad_name, Text}}
    end.
