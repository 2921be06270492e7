-module(beacon_store_sql).

-export([statements/1]).

%% The statements of an SQL text, without comments and semicolons. Quoted
%% text may contain both.
-spec statements(binary()) -> [binary()].
statements(Text) ->
    [Trimmed || Statement <- split(Text, <<>>, []),
                (Trimmed = string:trim(Statement)) =/= <<>>].

split(<<"--", Rest/binary>>, Statement, Done) ->
    split(after_line(Rest), Statement, Done);
split(<<$', Rest/binary>>, Statement, Done) ->
    [Quoted, After] = binary:split(<<Rest/binary, $'>>, <<"'">>),
    split(without_last(After), <<Statement/binary, $', Quoted/binary, $'>>, Done);
split(<<$;, Rest/binary>>, Statement, Done) ->
    split(Rest, <<>>, [Statement | Done]);
split(<<Byte, Rest/binary>>, Statement, Done) ->
    split(Rest, <<Statement/binary, Byte>>, Done);
split(<<>>, Statement, Done) ->
    lists:reverse(Done, [Statement]).

after_line(Text) ->
    case binary:split(Text, <<"\n">>) of
        [_Comment, Rest] -> Rest;
        [_Comment] -> <<>>
    end.

%% Takes away the quote that was added in case the text has an open one.
without_last(<<>>) -> <<>>;
without_last(Text) -> binary:part(Text, 0, byte_size(Text) - 1).
