%% A recursive descent over the text. Each function takes the text that is
%% left and returns what it read with the text after it; a mistake is thrown
%% with the text at which it was seen.
-module(tinyjson_decode).

-export([document/1]).

-define(MAX_DEPTH, 100).

-define(IS_BLANK(C), (C =:= $\s orelse C =:= $\t orelse C =:= $\n orelse C =:= $\r)).
-define(IS_DIGIT(C), (C >= $0 andalso C =< $9)).

document(Text) ->
    try
        {Value, Rest} = value(blanks(Text), ?MAX_DEPTH),
        case blanks(Rest) of
            <<>> -> {ok, Value};
            Left -> throw({trailing_text, Left})
        end
    catch
        throw:{Reason, At} ->
            {error, {Reason, byte_size(Text) - byte_size(At)}}
    end.

blanks(<<C, Rest/binary>>) when ?IS_BLANK(C) -> blanks(Rest);
blanks(Text) -> Text.

value(Text, 0) -> throw({too_deep, Text});
value(<<${, Rest/binary>>, Depth) -> object(blanks(Rest), Depth - 1);
value(<<$[, Rest/binary>>, Depth) -> array(blanks(Rest), Depth - 1);
value(<<$", Rest/binary>>, _Depth) -> string(Rest, <<>>);
value(<<"true", Rest/binary>>, _Depth) -> {true, Rest};
value(<<"false", Rest/binary>>, _Depth) -> {false, Rest};
value(<<"null", Rest/binary>>, _Depth) -> {null, Rest};
value(<<C, _/binary>> = Text, _Depth) when C =:= $-; ?IS_DIGIT(C) -> number(Text);
value(<<>>, _Depth) -> throw({unexpected_end, <<>>});
value(Text, _Depth) -> throw({unexpected_character, Text}).

object(<<$}, Rest/binary>>, _Depth) -> {#{}, Rest};
object(Text, Depth) -> members(Text, Depth, #{}).

members(<<$", Text/binary>>, Depth, Object) ->
    {Key, AfterKey} = string(Text, <<>>),
    {Value, AfterValue} = value(blanks(expect($:, blanks(AfterKey))), Depth),
    Larger = Object#{Key => Value},
    case blanks(AfterValue) of
        <<$}, Rest/binary>> -> {Larger, Rest};
        Left -> members(blanks(expect($,, Left)), Depth, Larger)
    end;
members(Text, _Depth, _Object) ->
    throw({expected_member_name, Text}).

array(<<$], Rest/binary>>, _Depth) -> {[], Rest};
array(Text, Depth) -> items(Text, Depth, []).

items(Text, Depth, Items) ->
    {Item, AfterItem} = value(Text, Depth),
    case blanks(AfterItem) of
        <<$], Rest/binary>> -> {lists:reverse(Items, [Item]), Rest};
        Left -> items(blanks(expect($,, Left)), Depth, [Item | Items])
    end.

expect(Char, <<Char, Rest/binary>>) -> Rest;
expect(_Char, <<>>) -> throw({unexpected_end, <<>>});
expect(_Char, Text) -> throw({unexpected_character, Text}).

string(<<$", Rest/binary>>, Done) -> {Done, Rest};
string(<<$\\, Rest/binary>>, Done) -> escape(Rest, Done);
string(<<C, _/binary>> = Text, _Done) when C < 16#20 -> throw({control_character, Text});
string(<<C/utf8, Rest/binary>>, Done) -> string(Rest, <<Done/binary, C/utf8>>);
string(<<>>, _Done) -> throw({unexpected_end, <<>>});
string(Text, _Done) -> throw({not_utf8, Text}).

escape(<<C, Rest/binary>>, Done) when C =:= $"; C =:= $\\; C =:= $/ ->
    string(Rest, <<Done/binary, C>>);
escape(<<$b, Rest/binary>>, Done) -> string(Rest, <<Done/binary, $\b>>);
escape(<<$f, Rest/binary>>, Done) -> string(Rest, <<Done/binary, $\f>>);
escape(<<$n, Rest/binary>>, Done) -> string(Rest, <<Done/binary, $\n>>);
escape(<<$r, Rest/binary>>, Done) -> string(Rest, <<Done/binary, $\r>>);
escape(<<$t, Rest/binary>>, Done) -> string(Rest, <<Done/binary, $\t>>);
escape(<<$u, Rest/binary>> = Text, Done) ->
    {Char, After} = utf16(Rest, Text),
    string(After, <<Done/binary, Char/utf8>>);
escape(Text, _Done) -> throw({bad_escape, Text}).

%% Characters beyond the first 65536 are written as a pair of surrogates.
utf16(<<High:4/binary, "\\u", Low:4/binary, Rest/binary>>, Text) ->
    case {hex(High, Text), hex(Low, Text)} of
        {H, L} when H >= 16#D800, H < 16#DC00, L >= 16#DC00, L < 16#E000 ->
            {16#10000 + ((H band 16#3FF) bsl 10) + (L band 16#3FF), Rest};
        {H, _} ->
            {not_surrogate(H, Text), <<"\\u", Low/binary, Rest/binary>>}
    end;
utf16(<<Digits:4/binary, Rest/binary>>, Text) ->
    {not_surrogate(hex(Digits, Text), Text), Rest};
utf16(_, Text) ->
    throw({bad_escape, Text}).

not_surrogate(Char, Text) when Char >= 16#D800, Char < 16#E000 -> throw({bad_escape, Text});
not_surrogate(Char, _Text) -> Char.

hex(Digits, Text) ->
    try
        << <<(hex_value(Digit)):4>> || <<Digit>> <= Digits >>
    of
        <<Char:16>> -> Char
    catch
        error:function_clause -> throw({bad_escape, Text})
    end.

hex_value(D) when ?IS_DIGIT(D) -> D - $0;
hex_value(D) when D >= $a, D =< $f -> D - $a + 10;
hex_value(D) when D >= $A, D =< $F -> D - $A + 10.

number(Text) ->
    {Sign, Unsigned} = minus(Text),
    {Whole, AfterWhole} = digits(Unsigned, Text),
    Whole =:= <<"0">> orelse binary:first(Whole) =/= $0 orelse throw({leading_zero, Text}),
    {Fraction, AfterFraction} = fraction(AfterWhole, Text),
    {Exponent, Rest} = exponent(AfterFraction, Text),
    {to_number(<<Sign/binary, Whole/binary>>, Fraction, Exponent, Text), Rest}.

minus(<<$-, Rest/binary>>) -> {<<"-">>, Rest};
minus(Text) -> {<<>>, Text}.

fraction(<<$., Rest/binary>>, Text) -> digits(Rest, Text);
fraction(Rest, _Text) -> {none, Rest}.

exponent(<<E, $-, Rest/binary>>, Text) when E =:= $e; E =:= $E ->
    {Digits, After} = digits(Rest, Text),
    {<<$-, Digits/binary>>, After};
exponent(<<E, $+, Rest/binary>>, Text) when E =:= $e; E =:= $E -> digits(Rest, Text);
exponent(<<E, Rest/binary>>, Text) when E =:= $e; E =:= $E -> digits(Rest, Text);
exponent(Rest, _Text) -> {none, Rest}.

digits(Text, Start) -> digits(Text, <<>>, Start).

digits(<<D, Rest/binary>>, Done, Start) when ?IS_DIGIT(D) ->
    digits(Rest, <<Done/binary, D>>, Start);
digits(_Rest, <<>>, Start) -> throw({bad_number, Start});
digits(Rest, Done, _Start) -> {Done, Rest}.

to_number(Whole, none, none, _Text) -> binary_to_integer(Whole);
to_number(Whole, none, Exponent, Text) -> to_number(Whole, <<"0">>, Exponent, Text);
to_number(Whole, Fraction, none, Text) -> to_number(Whole, Fraction, <<"0">>, Text);
to_number(Whole, Fraction, Exponent, Text) ->
    try
        binary_to_float(<<Whole/binary, $., Fraction/binary, $e, Exponent/binary>>)
    catch
        error:badarg -> throw({number_too_large, Text})
    end.
