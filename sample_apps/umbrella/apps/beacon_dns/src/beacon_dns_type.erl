%% The types of records that beacon knows.
-module(beacon_dns_type).

-export([decode/1, encode/1]).

-type type() :: a | aaaa | srv | any | 0..65535.
-type data() :: {a, inet:ip4_address()}
              | {aaaa, inet:ip6_address()}
              | {srv, Weight :: pos_integer(), inet:port_number(), beacon_dns_name:name()}.
-export_type([type/0, data/0]).

-spec decode(0..65535) -> type().
decode(1) -> a;
decode(28) -> aaaa;
decode(33) -> srv;
decode(255) -> any;
decode(Other) -> Other.

%% The number of a record's type, and its data.
-spec encode(data()) -> {0..65535, binary()}.
encode({a, {A, B, C, D}}) ->
    {1, <<A, B, C, D>>};
encode({aaaa, Ip}) ->
    {28, << <<Part:16>> || Part <- tuple_to_list(Ip) >>};
encode({srv, Weight, Port, Target}) ->
    {33, <<0:16, Weight:16, Port:16, (beacon_dns_name:encode(Target))/binary>>}.
