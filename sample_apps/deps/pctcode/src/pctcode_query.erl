%% Query strings: name=value pairs joined by ampersands.
-module(pctcode_query).

-export([parse/1, format/1]).

-type pairs() :: [{Name :: binary(), Value :: binary()}].
-export_type([pairs/0]).

%% A name without `=` gets an empty value; `+` stands for a blank.
-spec parse(binary()) -> {ok, pairs()} | {error, bad_escape}.
parse(Query) ->
    parse_pairs(binary:split(Query, <<"&">>, [global, trim_all]), []).

parse_pairs([Pair | Rest], Done) ->
    [Name | Value] = binary:split(Pair, <<"=">>),
    case {decode(Name), decode(iolist_to_binary(Value))} of
        {{ok, N}, {ok, V}} -> parse_pairs(Rest, [{N, V} | Done]);
        _ -> {error, bad_escape}
    end;
parse_pairs([], Done) ->
    {ok, lists:reverse(Done)}.

decode(Text) ->
    pctcode:decode(binary:replace(Text, <<"+">>, <<" ">>, [global])).

-spec format(pairs()) -> binary().
format(Pairs) ->
    Formatted = [[pctcode:encode(Name), $=, pctcode:encode(Value)] || {Name, Value} <- Pairs],
    iolist_to_binary(lists:join($&, Formatted)).
