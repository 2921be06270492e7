%% JSON for small documents.
%%
%% Objects are maps with binary keys, arrays are lists, strings are UTF-8
%% binaries; true, false and null are the atoms. When encoding, keys and
%% strings may also be atoms.
-module(tinyjson).

-export([encode/1, decode/1]).

-type value() :: map() | [value()] | binary() | number() | atom().
-export_type([value/0]).

%% Object members come out sorted by key, so equal terms make equal text.
-spec encode(value()) -> binary().
encode(Value) ->
    iolist_to_binary(tinyjson_encode:value(Value)).

-spec decode(binary()) -> {ok, value()} | {error, {Reason :: atom(), Offset :: non_neg_integer()}}.
decode(Text) ->
    tinyjson_decode:document(Text).
