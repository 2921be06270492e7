-module(waypost_pattern).

-export([parse/1, text/1, segments/1, match/2]).

-export_type([pattern/0]).

-opaque pattern() :: {Text :: binary(), [binary() | {bind, atom()}]}.

-spec parse(binary()) -> pattern().
parse(Text) ->
    {Text, [parse_segment(Segment) || Segment <- split(Text)]}.

parse_segment(<<$:, Name/binary>>) -> {bind, binary_to_atom(Name)};
parse_segment(Literal) -> Literal.

-spec text(pattern()) -> binary().
text({Text, _Segments}) -> Text.

%% The decoded segments of a path, which are UTF-8; double and trailing
%% slashes do not count.
-spec segments(Path :: binary()) -> {ok, [binary()]} | {error, bad_path}.
segments(Path) ->
    decode(split(Path), []).

decode([Segment | Rest], Done) ->
    case decode_segment(Segment) of
        {ok, Text} -> decode(Rest, [Text | Done]);
        error -> {error, bad_path}
    end;
decode([], Done) ->
    {ok, lists:reverse(Done)}.

decode_segment(Segment) ->
    case pctcode:decode(Segment) of
        {ok, Bytes} ->
            case unicode:characters_to_binary(Bytes) of
                Bytes -> {ok, Bytes};
                _ -> error
            end;
        {error, bad_escape} ->
            error
    end.

split(Path) ->
    binary:split(Path, <<"/">>, [global, trim_all]).

-spec match(pattern(), [binary()]) -> {ok, #{atom() => binary()}} | nomatch.
match({_Text, Pattern}, Segments) ->
    match(Pattern, Segments, #{}).

match([{bind, Name} | Pattern], [Segment | Segments], Bindings) ->
    match(Pattern, Segments, Bindings#{Name => Segment});
match([Literal | Pattern], [Literal | Segments], Bindings) ->
    match(Pattern, Segments, Bindings);
match([], [], Bindings) ->
    {ok, Bindings};
match(_Pattern, _Segments, _Bindings) ->
    nomatch.
