%% Percent-encoding of RFC 3986.
-module(pctcode).

-export([encode/1, decode/1]).

%% Encodes everything but the unreserved characters.
-spec encode(binary()) -> binary().
encode(Text) ->
    << <<(encode_byte(Byte))/binary>> || <<Byte>> <= Text >>.

encode_byte(Byte) when Byte >= $a, Byte =< $z;
                       Byte >= $A, Byte =< $Z;
                       Byte >= $0, Byte =< $9;
                       Byte =:= $-; Byte =:= $.; Byte =:= $_; Byte =:= $~ ->
    <<Byte>>;
encode_byte(Byte) ->
    <<$%, (hex_digit(Byte bsr 4)), (hex_digit(Byte band 15))>>.

hex_digit(Value) when Value < 10 -> $0 + Value;
hex_digit(Value) -> $A + Value - 10.

%% A percent sign must be followed by two hexadecimal digits.
-spec decode(binary()) -> {ok, binary()} | {error, bad_escape}.
decode(Text) ->
    decode(Text, <<>>).

decode(<<$%, High, Low, Rest/binary>>, Done) ->
    case {hex_value(High), hex_value(Low)} of
        {H, L} when is_integer(H), is_integer(L) -> decode(Rest, <<Done/binary, H:4, L:4>>);
        _ -> {error, bad_escape}
    end;
decode(<<$%, _/binary>>, _Done) ->
    {error, bad_escape};
decode(<<Byte, Rest/binary>>, Done) ->
    decode(Rest, <<Done/binary, Byte>>);
decode(<<>>, Done) ->
    {ok, Done}.

hex_value(Digit) when Digit >= $0, Digit =< $9 -> Digit - $0;
hex_value(Digit) when Digit >= $a, Digit =< $f -> Digit - $a + 10;
hex_value(Digit) when Digit >= $A, Digit =< $F -> Digit - $A + 10;
hex_value(_) -> error.
