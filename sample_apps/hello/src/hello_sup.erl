-module(hello_sup).

-behaviour(supervisor).

-export([start_link/1]).
-export([init/1]).

start_link(Port) ->
    supervisor:start_link({local, ?MODULE}, ?MODULE, Port).

init(Port) ->
    Http = #{id => hello_http, start => {hello_http, start_link, [Port]}},
    {ok, {#{strategy => one_for_one}, [Http]}}.
