"""The sources of an invented Erlang application: a few kinds of modules as real ones are, each a little different."""

from string import Template

# An application with fewer modules would have none of the kinds below.
FEWEST = 4

LIBRARIES = ["tinyjson", "hashring", "tally"]


def name(number):
    return f"region_{number:03}"


class Application:
    """What it is depends on nothing but its number and on how many modules it is to have."""

    def __init__(self, number, modules, vsn):
        self.number, self.modules, self.vsn = number, modules, vsn
        self.name = name(number)
        # Of those before it, as in a tree: no circle, and not all in a row.
        self.needs = sorted({(number - 1) // 2, (number - 1) // 3}) if number > 0 else []

    def files(self):
        """Paths below the application's folder, with their texts."""
        yield f"src/{self.name}.app.src", self.fill(APP_SRC, **self.description())
        yield f"include/{self.name}.hrl", self.fill(HEADER)
        for module, kind, seed in self.module_list():
            yield f"src/{module}.erl", self.fill(kind, module=module, **numbers(self.number * 1000 + seed))

    def module_list(self):
        yield self.name, INTERFACE, 0
        yield f"{self.name}_app", APPLICATION, 0
        yield f"{self.name}_sup", SUPERVISOR, 0
        kinds = list(KINDS)
        for place in range(self.modules - 3):
            kind = kinds[place % len(kinds)]
            yield f"{self.name}_{kind}_{place:02}", KINDS[kind], place + 1

    def description(self):
        applications = ["kernel", "stdlib", self.library(), *map(name, self.needs)]
        return {"vsn": self.vsn, "applications": ", ".join(applications)}

    def library(self):
        return LIBRARIES[self.number % len(LIBRARIES)]

    def fill(self, template, **more):
        other = name(self.needs[0]) if self.needs else self.name
        return Template(template).substitute(app=self.name, other=other, number=self.number,
                                             calls=CALLS[self.library()], **more)


def numbers(seed):
    """Literals that no other module has in this combination."""
    return {"a": 3 + seed % 97, "b": 5 + seed * 7 % 1009, "c": 11 + seed * 31 % 10_007, "seed": seed}


APP_SRC = """\
{application, $app,
 [{description, "Places and roads of region $number"},
  {vsn, $vsn},
  {registered, [${app}_sup]},
  {mod, {${app}_app, []}},
  {applications, [$applications]},
  {env, [{capacity, 100}]},
  {modules, []},
  {licenses, ["MIT"]},
  {links, []}]}.
"""

HEADER = """\
-record(place, {id :: non_neg_integer(),
                name :: binary(),
                at = {0, 0} :: {non_neg_integer(), non_neg_integer()},
                kind = village :: village | town | city}).

-define(FORMAT, 1).
-define(REGION, $number).
-define(IS_LARGE(Kind), (Kind =:= town orelse Kind =:= city)).
"""

INTERFACE = """\
%% What other regions may ask of this one.
-module($app).

-export([place/2, distance/2, describe/1]).

-include("$app.hrl").

-spec place(non_neg_integer(), binary()) -> #place{}.
place(Id, Name) ->
    #place{id = Id, name = Name, at = {Id rem $a, Id div $a}}.

-spec distance(#place{}, #place{}) -> non_neg_integer().
distance(#place{at = {X1, Y1}}, #place{at = {X2, Y2}}) ->
    abs(X1 - X2) + abs(Y1 - Y2).

-spec describe(#place{}) -> iodata().
describe(#place{name = Name, kind = Kind}) when ?IS_LARGE(Kind) ->
    [Name, <<", a large place of region ">>, integer_to_binary(?REGION)];
describe(#place{name = Name}) ->
    [Name, <<", a village">>].
"""

APPLICATION = """\
-module($module).

-behaviour(application).

-export([start/2, stop/1]).

start(_Type, _Arguments) ->
    ${app}_sup:start_link().

stop(_State) ->
    ok.
"""

SUPERVISOR = """\
-module($module).

-behaviour(supervisor).

-export([start_link/0, init/1]).

start_link() ->
    supervisor:start_link({local, ?MODULE}, ?MODULE, []).

init([]) ->
    {ok, {#{strategy => one_for_one, intensity => $a, period => 10}, []}}.
"""

CODEC = """\
%% Places as they are stored and sent.
-module($module).

-export([encode/1, decode/1]).

-include("$app.hrl").

-spec encode(#place{}) -> binary().
encode(#place{id = Id, name = Name, at = {X, Y}, kind = Kind}) ->
    <<?FORMAT:8, $c:16, Id:32, X:16, Y:16, (kind(Kind)):8, (byte_size(Name)):8, Name/binary>>.

-spec decode(binary()) -> {ok, #place{}} | {error, {format, byte()} | truncated}.
decode(<<?FORMAT:8, $c:16, Id:32, X:16, Y:16, Kind:8, Size:8, Name:Size/binary>>) ->
    {ok, #place{id = Id, name = Name, at = {X, Y}, kind = element(Kind + 1, {village, town, city})}};
decode(<<Format:8, _/binary>>) when Format =/= ?FORMAT ->
    {error, {format, Format}};
decode(Truncated) when is_binary(Truncated) ->
    {error, truncated}.

kind(village) -> 0;
kind(town) -> 1;
kind(city) -> 2.
"""

LIMITS = """\
%% How fast one may go.
-module($module).

-export([limit/2, check/3]).

-type vehicle() :: tram | bus | bicycle | {lorry, Tonnes :: pos_integer()}.

-spec limit(vehicle(), Hour :: 0..23) -> pos_integer().
limit(tram, _) -> $a;
limit(bus, Hour) when Hour < 6; Hour > 21 -> $b;
limit(bus, _) -> $b div 2;
limit(bicycle, _) -> 25;
limit({lorry, Tonnes}, Hour) when Tonnes > 7 -> max(5, $a - Hour);
limit({lorry, _}, _) -> $a.

-spec check(vehicle(), 0..23, number()) -> ok | {too_fast, number(), string()}.
check(Vehicle, Hour, Speed) ->
    case limit(Vehicle, Hour) of
        Limit when Speed =< Limit -> ok;
        Limit -> {too_fast, Speed - Limit, "rule $seed of region $number"}
    end.
"""

ROADS = """\
%% Roads between places, and the shortest ways.
-module($module).

-export([roads/0, reachable/1]).

-define(ROADS, #{harbour => [{market, $a}, {mill, $b}],
                 market => [{harbour, $a}, {station, $c}],
                 mill => [{station, 4}],
                 station => []}).

-spec roads() -> #{atom() => [{atom(), pos_integer()}]}.
roads() ->
    ?ROADS.

-spec reachable(atom()) -> [{atom(), non_neg_integer()}].
reachable(From) ->
    lists:sort(maps:to_list(visit([{From, 0}], #{}))).

visit([], Seen) ->
    Seen;
visit([{Place, Length} | Rest], Seen) ->
    case Seen of
        #{Place := Known} when Known =< Length -> visit(Rest, Seen);
        #{} -> visit(onwards(Place, Length) ++ Rest, Seen#{Place => Length})
    end.

onwards(Place, Length) ->
    [{Next, Length + More} || {Next, More} <- maps:get(Place, ?ROADS, [])].
"""

CENSUS = """\
%% Counts, here and in the region next to this one.
-module($module).

-export([count/1, nearest/2, report/1]).

-include("$app.hrl").

-spec count([#place{}]) -> #{atom() => pos_integer()}.
count(Places) ->
    lists:foldl(fun(#place{kind = Kind}, Sum) -> maps:update_with(Kind, fun(N) -> N + 1 end, 1, Sum) end, #{}, Places).

-spec nearest(#place{}, [#place{}]) -> {ok, #place{}} | none.
nearest(_, []) ->
    none;
nearest(From, Places) ->
    {_, Nearest} = lists:min([{$app:distance(From, Place), Place} || Place <- Places]),
    {ok, Nearest}.

-spec report([#place{}]) -> iodata().
report(Places) ->
    Border = $other:place($c, <<"the border">>),
    [$other:describe(Border), <<"\\n">>, [[$app:describe(Place), <<"\\n">>] || Place <- Places]].
"""

WATCH = """\
%% A process that remembers the last events.
-module($module).

-behaviour(gen_server).

-export([start_link/0, seen/1, last/0]).
-export([init/1, handle_call/3, handle_cast/2]).

-include_lib("kernel/include/logger.hrl").

start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, $a, []).

seen(Event) ->
    gen_server:cast(?MODULE, {seen, Event}).

last() ->
    gen_server:call(?MODULE, last).

init(Capacity) ->
    {ok, {Capacity, $calls}}.

handle_call(last, _From, {_, Events} = State) ->
    {reply, Events, State}.

handle_cast({seen, Event}, {0, Events}) ->
    ?LOG_WARNING("watch $seed forgets ~p", [lists:last([Event | Events])]),
    {noreply, {0, [Event | lists:droplast(Events)]}};
handle_cast({seen, Event}, {Room, Events}) ->
    {noreply, {Room - 1, [Event | Events]}}.
"""

KINDS = {"codec": CODEC, "limits": LIMITS, "roads": ROADS, "census": CENSUS, "watch": WATCH}

CALLS = {
    "tinyjson": '[tinyjson:encode(#{region => ?MODULE})]',
    "hashring": '[hashring:new([{?MODULE, 1}])]',
    "tally": '[tally:text()]',
}
