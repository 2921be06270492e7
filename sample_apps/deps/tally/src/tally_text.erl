%% The text format that Prometheus reads.
-module(tally_text).

-export([format/1]).

-spec format([tally_table:metric()]) -> iolist().
format(Metrics) ->
    [metric(Metric) || Metric <- Metrics].

metric({Name, Kind, Help, Series}) ->
    [["# HELP ", Name, $\s, Help, $\n] || Help =/= <<>>]
        ++ ["# TYPE ", Name, $\s, atom_to_binary(Kind), $\n]
        ++ [[Name, labels(maps:to_list(Labels)), $\s, number(Value), $\n]
            || {Labels, Value} <- Series].

labels([]) -> [];
labels(Labels) -> [${, lists:join($,, [label(Label) || Label <- lists:sort(Labels)]), $}].

label({Name, Value}) ->
    [atom_to_binary(Name), "=\"", escape(text(Value)), $"].

text(Value) when is_atom(Value) -> atom_to_binary(Value);
text(Value) when is_binary(Value) -> Value;
text(Value) -> number(Value).

escape(Text) ->
    << <<(escape_byte(Byte))/binary>> || <<Byte>> <= Text >>.

escape_byte($\\) -> <<"\\\\">>;
escape_byte($") -> <<"\\\"">>;
escape_byte($\n) -> <<"\\n">>;
escape_byte(Byte) -> <<Byte>>.

number(Value) when is_integer(Value) -> integer_to_binary(Value);
number(Value) when is_float(Value) -> float_to_binary(Value, [short]).
