%% Finds the handler for a method and a path.
%%
%% Routes are tried in order. A segment of a pattern is literal text, or
%% `:name`, which takes any one segment and binds it.
-module(waypost).

-include("waypost.hrl").

-export([new/1, match/3]).

-export_type([route/0, router/0]).

-type route() :: {Method :: binary(), Pattern :: binary(), Handler :: term()}.
-opaque router() :: [{Method :: binary(), waypost_pattern:pattern(), Handler :: term()}].

-spec new([route()]) -> router().
new(Routes) ->
    [{Method, waypost_pattern:parse(Pattern), Handler} || {Method, Pattern, Handler} <- Routes].

-spec match(router(), Method :: binary(), Path :: binary()) ->
          {ok, #waypost_match{}} | {error, not_found | bad_path | {method_not_allowed, [binary()]}}.
match(Router, Method, Path) ->
    case waypost_pattern:segments(Path) of
        {ok, Segments} -> first(Router, Method, Segments, []);
        {error, bad_path} -> {error, bad_path}
    end.

first([{Method, Pattern, Handler} | Rest], Wanted, Segments, Allowed) ->
    case waypost_pattern:match(Pattern, Segments) of
        {ok, Bindings} when Method =:= Wanted ->
            {ok, #waypost_match{handler = Handler,
                                bindings = Bindings,
                                pattern = waypost_pattern:text(Pattern)}};
        {ok, _Bindings} ->
            first(Rest, Wanted, Segments, [Method | Allowed]);
        nomatch ->
            first(Rest, Wanted, Segments, Allowed)
    end;
first([], _Wanted, _Segments, []) ->
    {error, not_found};
first([], _Wanted, _Segments, Allowed) ->
    {error, {method_not_allowed, lists:usort(Allowed)}}.
