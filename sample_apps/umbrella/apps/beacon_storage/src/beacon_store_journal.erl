%% Remembers the latest changes.
-module(beacon_store_journal).

-behaviour(gen_server).

-export([start_link/1, changes/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

-record(state,
        {length :: pos_integer(),
         changes = [] :: [{beacon_clock:milliseconds(), beacon_events:event()}]}).

start_link(Length) ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, Length, []).

changes() ->
    gen_server:call(?MODULE, changes).

init(Length) ->
    ok = beacon_events:subscribe(),
    {ok, #state{length = Length}}.

handle_call(changes, _From, #state{changes = Changes} = State) ->
    {reply, Changes, State}.

handle_cast(_Message, State) ->
    {noreply, State}.

handle_info({beacon_event, Event}, #state{length = Length, changes = Changes} = State) ->
    Newest = {beacon_clock:now(), Event},
    {noreply, State#state{changes = lists:sublist([Newest | Changes], Length)}}.
