-module(beacon_release).

-export([title/0]).

%% Name and version of the release, as its boot file states them.
-spec title() -> binary().
title() ->
    {Name, Vsn} = init:script_id(),
    iolist_to_binary([Name, $\s, Vsn]).
