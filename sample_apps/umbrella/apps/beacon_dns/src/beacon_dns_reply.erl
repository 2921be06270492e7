%% From the packet of a query to the packet of its reply.
-module(beacon_dns_reply).

-include("beacon_dns.hrl").

-export([make/1]).

-define(OPCODE_QUERY, 0).
-define(CLASS_IN, 1).

-spec make(binary()) -> {ok, binary()} | ignore.
make(Packet) ->
    case beacon_dns_message:decode(Packet) of
        {ok, Query} -> {ok, reply(Query, resolve(Query))};
        {error, Query} -> {ok, reply(Query, {format_error, [], []})};
        ignore -> ignore
    end.

reply(Query, {Result, Answers, Additional}) ->
    ok = beacon_dns_metrics:count(Result),
    beacon_dns_message:encode(Query, Result, Answers, Additional).

resolve(#query{opcode = Opcode}) when Opcode =/= ?OPCODE_QUERY ->
    {not_implemented, [], []};
resolve(#query{class = Class}) when Class =/= ?CLASS_IN ->
    {refused, [], []};
resolve(#query{name = Name, type = Type}) ->
    case beacon_zone:strip(Name) of
        {ok, Inner} -> select(Type, beacon_dns_answer:find(Inner));
        outside -> {refused, [], []}
    end.

%% A name that exists but has no records of the type gets an empty answer.
select(_Type, no_such_name) ->
    {no_such_name, [], []};
select(any, {ok, Answers, Additional}) ->
    {ok, Answers, Additional};
select(Type, {ok, Answers, Additional}) ->
    case [Answer || #answer{data = Data} = Answer <- Answers, element(1, Data) =:= Type] of
        [] -> {ok, [], []};
        Selected -> {ok, Selected, Additional}
    end.
