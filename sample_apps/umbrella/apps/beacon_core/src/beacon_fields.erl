%% Reads typed fields from a decoded JSON object.
-module(beacon_fields).

-export([read/2]).
-export([port/1, weight/1, duration/1, protocol/1, attributes/1]).

-type parser(Value) :: fun((term()) -> {ok, Value} | error).
-type field() :: {Name :: binary(), required | {default, term()}, parser(term())}.

%% The values in the order of the fields, or the first mistake.
-spec read([field()], map()) -> {ok, [term()]} | {error, beacon_error:reason()}.
read(Fields, Map) when is_map(Map) ->
    read(Fields, Map, []);
read(_Fields, _NotMap) ->
    {error, not_an_object}.

read([{Name, Presence, Parse} | Fields], Map, Values) ->
    case {Map, Presence} of
        {#{Name := Given}, _} ->
            case Parse(Given) of
                {ok, Value} -> read(Fields, Map, [Value | Values]);
                error -> {error, {bad_field, Name}}
            end;
        {_, {default, Default}} -> read(Fields, Map, [Default | Values]);
        {_, required} -> {error, {missing_field, Name}}
    end;
read([], _Map, Values) ->
    {ok, lists:reverse(Values)}.

port(Port) when is_integer(Port), Port > 0, Port < 65536 -> {ok, Port};
port(_) -> error.

weight(Weight) when is_integer(Weight), Weight > 0, Weight =< 100 -> {ok, Weight};
weight(_) -> error.

duration(Text) when is_binary(Text) -> beacon_duration:parse(Text);
duration(_) -> error.

protocol(<<"tcp">>) -> {ok, tcp};
protocol(<<"udp">>) -> {ok, udp};
protocol(_) -> error.

attributes(Map) when is_map(Map) ->
    case lists:all(fun is_binary/1, maps:values(Map)) of
        true -> {ok, Map};
        false -> error
    end;
attributes(_) ->
    error.
