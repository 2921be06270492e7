%% Tells whoever asked for it what changed, on every node of the cluster.
-module(beacon_events).

-export([child_spec/0, subscribe/0, unsubscribe/0, publish/1]).

-export_type([event/0]).

-define(SCOPE, beacon_events).
-define(GROUP, subscribers).

-type event() :: {service_stored | service_removed, beacon_name:name()}
               | {endpoint_stored | endpoint_removed | endpoint_expired,
                  beacon_name:name(), Id :: beacon_name:name()}.

child_spec() ->
    #{id => ?SCOPE, start => {pg, start_link, [?SCOPE]}}.

%% The caller gets messages `{beacon_event, Event}` from now on.
-spec subscribe() -> ok.
subscribe() ->
    pg:join(?SCOPE, ?GROUP, self()).

-spec unsubscribe() -> ok.
unsubscribe() ->
    _ = pg:leave(?SCOPE, ?GROUP, self()),
    ok.

-spec publish(event()) -> ok.
publish(Event) ->
    lists:foreach(fun(Subscriber) -> Subscriber ! {beacon_event, Event} end,
                  pg:get_members(?SCOPE, ?GROUP)).
