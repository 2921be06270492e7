%% Tables of text, for a console.
-module(beacon_tools_table).

-export([print/1, format/1]).

-type row() :: [binary()].

-spec print([row(), ...]) -> ok.
print(Rows) ->
    io:put_chars(format(Rows)).

%% The first row is the heading; columns are as wide as their widest text.
-spec format([row(), ...]) -> iolist().
format([Heading | _] = Rows) ->
    Widths = lists:foldl(fun widen/2, [0 || _ <- Heading], Rows),
    [line(Widths, Row) || Row <- Rows].

widen(Row, Widths) ->
    lists:zipwith(fun(Text, Width) -> max(string:length(Text), Width) end, Row, Widths).

line(Widths, Row) ->
    Cells = lists:zipwith(fun(Text, Width) -> string:pad(Text, Width) end, Row, Widths),
    [string:trim(unicode:characters_to_binary(lists:join(<<"  ">>, Cells)), trailing), $\n].
