-module(beacon_ip).

-export([parse/1, format/1]).

-spec parse(term()) -> {ok, inet:ip_address()} | error.
parse(Text) when is_binary(Text) ->
    case inet:parse_strict_address(binary_to_list(Text)) of
        {ok, Ip} -> {ok, Ip};
        {error, einval} -> error
    end;
parse(_) ->
    error.

-spec format(inet:ip_address()) -> binary().
format(Ip) ->
    list_to_binary(inet:ntoa(Ip)).
