%% Measures of a run of bytes, computed in C (see c_src).
-module(native_nif).

-export([fnv1a/1, entropy/1]).

-nifs([fnv1a/1, entropy/1]).
-on_load(load/0).

load() ->
    erlang:load_nif(filename:join(code:priv_dir(native), "native_nif"), 0).

%% The 64-bit FNV-1a hash.
-spec fnv1a(iodata()) -> non_neg_integer().
fnv1a(_Bytes) ->
    erlang:nif_error(not_loaded).

%% Shannon's entropy in bits per byte, from 0.0 to 8.0.
-spec entropy(iodata()) -> float().
entropy(_Bytes) ->
    erlang:nif_error(not_loaded).
