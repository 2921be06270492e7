-module(tinyjson_encode).

-export([value/1]).

-spec value(tinyjson:value()) -> iodata().
value(true) -> <<"true">>;
value(false) -> <<"false">>;
value(null) -> <<"null">>;
value(Atom) when is_atom(Atom) -> string(atom_to_binary(Atom));
value(Text) when is_binary(Text) -> string(Text);
value(Integer) when is_integer(Integer) -> integer_to_binary(Integer);
value(Float) when is_float(Float) -> float_to_binary(Float, [short]);
value(List) when is_list(List) -> [$[, lists:join($,, [value(Item) || Item <- List]), $]];
value(Map) when is_map(Map) -> object(Map).

object(Map) ->
    Members = lists:sort([{key(Key), Value} || {Key, Value} <- maps:to_list(Map)]),
    [${, lists:join($,, [[string(Key), $:, value(Value)] || {Key, Value} <- Members]), $}].

key(Key) when is_atom(Key) -> atom_to_binary(Key);
key(Key) when is_binary(Key) -> Key.

string(Text) ->
    [$", << <<(escape(Char))/binary>> || <<Char/utf8>> <= valid(Text) >>, $"].

%% A binary generator would silently stop at the first wrong byte.
valid(Text) ->
    case unicode:characters_to_binary(Text) of
        Text -> Text;
        _ -> error({not_utf8, Text})
    end.

escape($") -> <<"\\\"">>;
escape($\\) -> <<"\\\\">>;
escape($\b) -> <<"\\b">>;
escape($\f) -> <<"\\f">>;
escape($\n) -> <<"\\n">>;
escape($\r) -> <<"\\r">>;
escape($\t) -> <<"\\t">>;
escape(Char) when Char < 16#20 -> iolist_to_binary(io_lib:format("\\u~4.16.0b", [Char]));
escape(Char) -> <<Char/utf8>>.
