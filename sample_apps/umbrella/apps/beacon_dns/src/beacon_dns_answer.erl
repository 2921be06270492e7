%% What the registry has to say about a name in the zone:
%%
%%   <service>.<zone>                  A, AAAA   all endpoints of the service
%%   <endpoint>.<service>.<zone>       A, AAAA   one endpoint
%%   _<service>._<protocol>.<zone>     SRV       all endpoints, with their ports
-module(beacon_dns_answer).

-include("beacon_dns.hrl").
-include_lib("beacon_core/include/beacon.hrl").

-export([find/1]).

%% All records of the name, whatever their type, and those that explain them.
-spec find(beacon_dns_name:name()) ->
          {ok, Answers :: [#answer{}], Additional :: [#answer{}]} | no_such_name.
find([<<"_", Name/binary>>, <<"_", Protocol/binary>>] = Owner) ->
    case {beacon_store:service(Name), beacon_store:endpoints(Name)} of
        {{ok, #service{protocol = tcp}}, {ok, Endpoints}} when Protocol =:= <<"tcp">> ->
            locations(Owner, Name, Endpoints);
        {{ok, #service{protocol = udp}}, {ok, Endpoints}} when Protocol =:= <<"udp">> ->
            locations(Owner, Name, Endpoints);
        _ ->
            no_such_name
    end;
find([Name]) ->
    case beacon_store:endpoints(Name) of
        {ok, Endpoints} -> {ok, [address([Name], Endpoint) || Endpoint <- Endpoints], []};
        {error, _} -> no_such_name
    end;
find([Id, Name]) ->
    case beacon_store:endpoint(Name, Id) of
        {ok, Endpoint} -> {ok, [address([Id, Name], Endpoint)], []};
        {error, _} -> no_such_name
    end;
find([]) ->
    {ok, [], []};
find(_) ->
    no_such_name.

locations(Owner, Name, Endpoints) ->
    {ok,
     [location(Owner, Name, Endpoint) || Endpoint <- Endpoints],
     [address([Id, Name], Endpoint) || #endpoint{id = Id} = Endpoint <- Endpoints]}.

location(Owner, Name, #endpoint{id = Id, weight = Weight, port = Port} = Endpoint) ->
    answer(Owner, Endpoint, {srv, Weight, Port, [Id, Name | beacon_zone:labels()]}).

address(Owner, #endpoint{ip = Ip} = Endpoint) when tuple_size(Ip) =:= 4 ->
    answer(Owner, Endpoint, {a, Ip});
address(Owner, #endpoint{ip = Ip} = Endpoint) ->
    answer(Owner, Endpoint, {aaaa, Ip}).

answer(Owner, #endpoint{expires_at = ExpiresAt}, Data) ->
    #answer{name = Owner ++ beacon_zone:labels(),
            ttl = beacon_clock:seconds_left(ExpiresAt),
            data = Data}.
