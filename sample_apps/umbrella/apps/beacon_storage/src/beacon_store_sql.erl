-module(beacon_store_sql).

-export([statements/1]).

%% The statements of an SQL text, without comments and semicolons. Quoted
%% text may contain both.
-spec statements(binary()) -> [binary()].
statements(Text) ->
    [Statement || Statement <- [string:trim(Part) || Part <- split(Text, <<>>, [])],
                  Statement =/= <<>>].

split(<<"--", Rest/binary>>, Statement, Done) ->
    {_Comment, After} = until(<<"\n">>, Rest),
    split(After, Statement, Done);
split(<<$', Rest/binary>>, Statement, Done) ->
    {Quoted, After} = until(<<"'">>, Rest),
    split(After, <<Statement/binary, $', Quoted/binary, $'>>, Done);
split(<<$;, Rest/binary>>, Statement, Done) ->
    split(Rest, <<>>, [Statement | Done]);
split(<<Byte, Rest/binary>>, Statement, Done) ->
    split(Rest, <<Statement/binary, Byte>>, Done);
split(<<>>, Statement, Done) ->
    lists:reverse(Done, [Statement]).

%% The text before a mark and after it; all of it when there is no mark.
until(Mark, Text) ->
    case binary:split(Text, Mark) of
        [Before, After] -> {Before, After};
        [Before] -> {Before, <<>>}
    end.
