-module(beacon_tools_help).

-export([text/0]).

-spec text() -> iolist().
text() ->
    beacon_tools_table:format(
      [[<<"command">>, <<"what it does">>]
       | [[Command, Meaning] || {Command, Meaning} <- commands()]]).

commands() ->
    [{<<"beacon:services().">>, <<"list the services">>},
     {<<"beacon:endpoints(Service).">>, <<"list the endpoints of a service">>},
     {<<"beacon:register(Service, Port).">>, <<"store a service">>},
     {<<"beacon:renew(Service, Id, Ip).">>, <<"store an endpoint, or renew it">>},
     {<<"beacon:remove(Service).">>, <<"forget a service and its endpoints">>},
     {<<"beacon:remove(Service, Id).">>, <<"forget an endpoint">>},
     {<<"beacon:lookup(Service, Key).">>, <<"the endpoint that serves a key">>},
     {<<"beacon:changes().">>, <<"list the latest changes">>},
     {<<"beacon:watch().">>, <<"print changes for a minute, as they happen">>},
     {<<"beacon:seed().">>, <<"store a few services to play with">>},
     {<<"beacon:export().">>, <<"print all services and endpoints as JSON">>},
     {<<"beacon:top().">>, <<"list the busiest processes">>}].
