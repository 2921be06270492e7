-module(beacon_http_tests).

-include_lib("eunit/include/eunit.hrl").

api_test_() ->
    {setup, fun start/0, fun stop/1,
     fun({Port, _Started}) ->
         [{"a service is stored and found",
           fun() ->
               Service = <<"/services/web">>,
               Document = <<"{\"attributes\":{},\"name\":\"web\",\"port\":80,\"protocol\":\"tcp\"}\n">>,
               ?assertMatch({201, Document}, request(Port, <<"PUT">>, Service, <<"{\"port\":80}">>)),
               ?assertMatch({200, Document}, request(Port, <<"GET">>, Service, <<>>)),
               ?assertMatch({200, Document}, request(Port, <<"GET">>, <<"/services/WEB">>, <<>>)),
               ?assertMatch({503, _}, request(Port, <<"GET">>, <<"/lookup/web">>, <<>>))
           end},
          {"mistakes are told",
           fun() ->
               ?assertMatch({404, _}, request(Port, <<"GET">>, <<"/nowhere">>, <<>>)),
               ?assertMatch({405, _}, request(Port, <<"POST">>, <<"/services">>, <<>>)),
               ?assertMatch({400, _}, request(Port, <<"PUT">>, <<"/services/web">>, <<"{">>)),
               ?assertMatch({422, _}, request(Port, <<"PUT">>, <<"/services/web">>, <<"[]">>)),
               ?assertMatch({422, _}, request(Port, <<"PUT">>, <<"/services/w_b">>, <<"{\"port\":80}">>))
           end}]
     end}.

start() ->
    ok = logger:set_primary_config(level, warning),
    {ok, Free} = gen_tcp:listen(0, []),
    {ok, Port} = inet:port(Free),
    ok = gen_tcp:close(Free),
    ok = application:load(beacon_http),
    ok = application:set_env(beacon_http, port, Port),
    {ok, Started} = application:ensure_all_started(beacon_http),
    {Port, Started}.

stop({_Port, Started}) ->
    [ok = application:stop(App) || App <- lists:reverse(Started)],
    ok = application:unload(beacon_http).

request(Port, Method, Path, Body) ->
    {ok, Socket} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}]),
    Length = integer_to_binary(byte_size(Body)),
    ok = gen_tcp:send(Socket, [Method, " ", Path, " HTTP/1.1\r\nConnection: close\r\n",
                               "Content-Length: ", Length, "\r\n\r\n", Body]),
    <<"HTTP/1.1 ", Status:3/binary, Rest/binary>> = receive_all(Socket, <<>>),
    [_Headers, ResponseBody] = binary:split(Rest, <<"\r\n\r\n">>),
    {binary_to_integer(Status), ResponseBody}.

receive_all(Socket, Received) ->
    case gen_tcp:recv(Socket, 0, 5000) of
        {ok, More} -> receive_all(Socket, <<Received/binary, More/binary>>);
        {error, closed} -> Received
    end.
