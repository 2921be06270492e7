%% DNS messages as bytes: RFC 1035, section 4.
-module(beacon_dns_message).

-include("beacon_dns.hrl").

-export([decode/1, encode/4]).

-type result() :: ok | format_error | no_such_name | not_implemented | refused.
-export_type([result/0]).

-define(MAX_SIZE, 512).
-define(CLASS_IN, 1).

%% Of a packet that is no query nothing is known but, perhaps, its head.
-spec decode(binary()) -> {ok, #query{}} | {error, #query{}} | ignore.
decode(<<Id:16, 0:1, Opcode:4, _:2, Recursion:1, _:8, Questions:16, _:48, Rest/binary>>) ->
    Query = #query{id = Id, opcode = Opcode, recursion_desired = Recursion},
    case {Questions, beacon_dns_name:decode(Rest)} of
        {1, {ok, Name, <<Type:16, Class:16, _/binary>> = After}} ->
            Length = byte_size(Rest) - byte_size(After) + 4,
            {ok, Query#query{name = Name,
                             type = beacon_dns_type:decode(Type),
                             class = Class,
                             question = binary:part(Rest, 0, Length)}};
        _ ->
            {error, Query}
    end;
decode(_) ->
    ignore.

%% A reply that is too long for UDP is sent without records, marked as cut.
-spec encode(#query{}, result(), Answers :: [#answer{}], Additional :: [#answer{}]) -> binary().
encode(Query, Result, Answers, Additional) ->
    Records = << <<(record(Record))/binary>> || Record <- Answers ++ Additional >>,
    Reply = [head(Query, 0, Result, length(Answers), length(Additional)),
             Query#query.question, Records],
    case iolist_size(Reply) =< ?MAX_SIZE of
        true -> iolist_to_binary(Reply);
        false -> iolist_to_binary([head(Query, 1, Result, 0, 0), Query#query.question])
    end.

head(#query{id = Id, opcode = Opcode, recursion_desired = Recursion, question = Question},
     Cut, Result, Answers, Additional) ->
    Questions = min(1, byte_size(Question)),
    <<Id:16, 1:1, Opcode:4, 1:1, Cut:1, Recursion:1, 0:1, 0:3, (code(Result)):4,
      Questions:16, Answers:16, 0:16, Additional:16>>.

code(ok) -> 0;
code(format_error) -> 1;
code(no_such_name) -> 3;
code(not_implemented) -> 4;
code(refused) -> 5.

record(#answer{name = Name, ttl = Ttl, data = Data}) ->
    {Type, Bytes} = beacon_dns_type:encode(Data),
    <<(beacon_dns_name:encode(Name))/binary, Type:16, ?CLASS_IN:16, Ttl:32,
      (byte_size(Bytes)):16, Bytes/binary>>.
