-module(tinyjson_tests).

-include_lib("eunit/include/eunit.hrl").

round_trip_test_() ->
    [?_assertEqual({ok, Value}, tinyjson:decode(tinyjson:encode(Value)))
     || Value <- [0, -12, 1.5, -1.0e-7, 1.0e22, true, false, null, [], #{}, <<>>,
                  <<"quote \" slash \\ tab \t bell ", 7, " grin ", 16#1F600/utf8>>,
                  #{<<"a">> => [1, #{<<"b">> => null}], <<"c">> => <<"d">>}]].

encode_sorts_keys_test() ->
    ?assertEqual(<<"{\"a\":1,\"b\":\"x\"}">>, tinyjson:encode(#{b => x, <<"a">> => 1})).

decode_test_() ->
    [?_assertEqual({ok, [1, 2.0, 300.0]}, tinyjson:decode(<<" [ 1 , 2.0, 3E2 ] \n">>)),
     ?_assertEqual({ok, <<16#1F600/utf8, "é"/utf8>>},
                   tinyjson:decode(<<"\"\\ud83d\\ude00\\u00e9\"">>))].

error_test_() ->
    [?_assertEqual({error, {Reason, Offset}}, tinyjson:decode(Text))
     || {Text, Reason, Offset} <- [{<<>>, unexpected_end, 0},
                                   {<<"{\"a\" 1}">>, unexpected_character, 5},
                                   {<<"[1,]">>, unexpected_character, 3},
                                   {<<"01">>, leading_zero, 0},
                                   {<<"1 x">>, trailing_text, 2},
                                   {<<"\"\\ud83d\"">>, bad_escape, 2},
                                   {<<"\"", 255, "\"">>, not_utf8, 1},
                                   {<<"1e999">>, number_too_large, 0},
                                   {binary:copy(<<"[">>, 200), too_deep, 100}]].
