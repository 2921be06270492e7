-module(waypost_tests).

-include_lib("eunit/include/eunit.hrl").
-include("waypost.hrl").

router() ->
    waypost:new([{<<"GET">>, <<"/">>, home},
                 {<<"GET">>, <<"/users/:id">>, show},
                 {<<"PUT">>, <<"/users/:id">>, store}]).

match_test_() ->
    [?_assertMatch({ok, #waypost_match{handler = home, bindings = Empty}} when Empty =:= #{},
                   waypost:match(router(), <<"GET">>, <<"/">>)),
     ?_assertEqual({ok, #waypost_match{handler = store,
                                       bindings = #{id => <<"a b">>},
                                       pattern = <<"/users/:id">>}},
                   waypost:match(router(), <<"PUT">>, <<"/users/a%20b">>))].

error_test_() ->
    [?_assertEqual({error, not_found}, waypost:match(router(), <<"GET">>, <<"/none">>)),
     ?_assertEqual({error, bad_path}, waypost:match(router(), <<"GET">>, <<"/%zz">>)),
     ?_assertEqual({error, bad_path}, waypost:match(router(), <<"GET">>, <<"/%ff">>)),
     ?_assertEqual({error, {method_not_allowed, [<<"GET">>, <<"PUT">>]}},
                   waypost:match(router(), <<"POST">>, <<"/users/1">>))].
