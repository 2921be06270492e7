%% Consistent hashing: when a node joins or leaves, only the keys of that
%% node move. Each node stands at many points of a ring; a key belongs to the
%% first point at or after its own hash.
-module(hashring).

-export([new/1, lookup/2, nodes/1]).

-export_type([ring/0]).

-define(POINTS_PER_WEIGHT, 40).
-define(RANGE, (1 bsl 32)).

-opaque ring() :: tuple().

%% A node of weight 2 gets twice the keys of a node of weight 1.
-spec new([{Node :: term(), Weight :: pos_integer()}]) -> ring().
new(Nodes) ->
    Points = [{hash({Node, Index}), Node}
              || {Node, Weight} <- Nodes,
                 Index <- lists:seq(1, Weight * ?POINTS_PER_WEIGHT)],
    list_to_tuple(lists:usort(Points)).

-spec lookup(Key :: term(), ring()) -> {ok, Node :: term()} | error.
lookup(_Key, {}) ->
    error;
lookup(Key, Ring) ->
    Index = first_at_or_after(hash(Key), Ring, 1, tuple_size(Ring) + 1),
    {_Hash, Node} = element((Index - 1) rem tuple_size(Ring) + 1, Ring),
    {ok, Node}.

%% Bisects; the answer may be one past the end, where the ring starts again.
first_at_or_after(_Hash, _Ring, Low, Low) ->
    Low;
first_at_or_after(Hash, Ring, Low, High) ->
    Middle = (Low + High) div 2,
    case element(Middle, Ring) of
        {Point, _Node} when Point < Hash -> first_at_or_after(Hash, Ring, Middle + 1, High);
        _ -> first_at_or_after(Hash, Ring, Low, Middle)
    end.

-spec nodes(ring()) -> [Node :: term()].
nodes(Ring) ->
    lists:usort([Node || {_Hash, Node} <- tuple_to_list(Ring)]).

hash(Term) ->
    erlang:phash2(Term, ?RANGE).
