-module(native_sup).

-behaviour(supervisor).

-export([start_link/2]).
-export([init/1]).

start_link(Port, TlsPort) ->
    supervisor:start_link({local, ?MODULE}, ?MODULE, {Port, TlsPort}).

init({Port, TlsPort}) ->
    %% The certificates live only in memory, and only as long as the node.
    #{server_config := Server, client_config := Client} = native_tls:certificates(),
    Page = fun() -> native_page:render(TlsPort, Client) end,
    {ok, {#{strategy => one_for_one},
          [listener(native_https, ssl, TlsPort, Server, Page),
           listener(native_http, gen_tcp, Port, [], Page)]}}.

listener(Name, Transport, Port, Options, Page) ->
    #{id => Name, start => {native_http, start_link, [Name, Transport, Port, Options, Page]}}.
