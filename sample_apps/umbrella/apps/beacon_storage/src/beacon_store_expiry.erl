%% Forgets the endpoints that were not renewed in time.
-module(beacon_store_expiry).

-behaviour(gen_server).

-include_lib("beacon_core/include/beacon.hrl").
-include_lib("kernel/include/logger.hrl").

-export([start_link/1, sweep/1]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

start_link(Every) ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, Every, []).

%% Removes what has expired at the given moment.
-spec sweep(beacon_clock:milliseconds()) -> ok.
sweep(Moment) ->
    lists:foreach(fun expire/1, beacon_store_endpoints:expired(Moment)).

expire(#endpoint{service = Service, id = Id}) ->
    case beacon_store_endpoints:remove(Service, Id) of
        ok ->
            ?LOG_INFO("endpoint ~ts of ~ts has expired", [Id, Service]),
            beacon_events:publish({endpoint_expired, Service, Id});
        {error, {unknown_endpoint, _, _}} ->
            ok
    end.

init(Every) ->
    {ok, _} = timer:send_interval(Every, sweep),
    {ok, []}.

handle_call(_Request, _From, State) ->
    {reply, {error, unknown_request}, State}.

handle_cast(_Message, State) ->
    {noreply, State}.

handle_info(sweep, State) ->
    ok = sweep(beacon_clock:now()),
    ok = beacon_store_metrics:update(),
    {noreply, State}.
