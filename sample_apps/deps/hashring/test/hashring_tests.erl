-module(hashring_tests).

-include_lib("eunit/include/eunit.hrl").

empty_test() ->
    ?assertEqual(error, hashring:lookup(key, hashring:new([]))).

every_node_serves_test() ->
    Ring = hashring:new([{a, 1}, {b, 1}, {c, 2}]),
    ?assertEqual([a, b, c], hashring:nodes(Ring)),
    ?assertEqual([a, b, c], lists:usort(maps:values(owners(Ring)))).

only_the_keys_of_a_lost_node_move_test() ->
    Before = owners(hashring:new([{a, 1}, {b, 1}, {c, 1}])),
    After = owners(hashring:new([{a, 1}, {b, 1}])),
    Moved = [Owner || {Key, Owner} <- maps:to_list(Before), Owner =/= map_get(Key, After)],
    ?assertEqual([c], lists:usort(Moved)).

owners(Ring) ->
    maps:from_list([{Key, element(2, hashring:lookup(Key, Ring))} || Key <- lists:seq(1, 1000)]).
