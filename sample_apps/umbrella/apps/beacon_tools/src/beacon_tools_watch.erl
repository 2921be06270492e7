%% Prints changes as they happen, for a while.
-module(beacon_tools_watch).

-export([start/0]).

-define(WHILE, 60000).

%% The output goes to the console that called, even on another node.
-spec start() -> pid().
start() ->
    spawn_link(fun() ->
                   ok = beacon_events:subscribe(),
                   _ = erlang:send_after(?WHILE, self(), enough),
                   loop()
               end).

loop() ->
    receive
        {beacon_event, Event} ->
            io:format("~0p~n", [Event]),
            loop();
        enough ->
            beacon_events:unsubscribe()
    end.
