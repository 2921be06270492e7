-module(beacon_dns_name).

-export([decode/1, encode/1]).

-type name() :: [binary()].
-export_type([name/0]).

%% The name at the start of a question, and what follows it. Pointers make
%% no sense there, because there is nothing yet to point to.
-spec decode(binary()) -> {ok, name(), Rest :: binary()} | error.
decode(Packet) ->
    decode(Packet, []).

decode(<<0, Rest/binary>>, Labels) ->
    {ok, lists:reverse(Labels), Rest};
decode(<<Length, Label:Length/binary, Rest/binary>>, Labels) when Length < 64 ->
    decode(Rest, [lowercase(Label) | Labels]);
decode(_, _Labels) ->
    error.

%% Labels are bytes, not text: only ASCII letters have a case.
lowercase(Label) ->
    << <<(lowercase_byte(Byte))>> || <<Byte>> <= Label >>.

lowercase_byte(Byte) when Byte >= $A, Byte =< $Z -> Byte + ($a - $A);
lowercase_byte(Byte) -> Byte.

-spec encode(name()) -> binary().
encode(Labels) ->
    << << <<(byte_size(Label)), Label/binary>> || Label <- Labels >>/binary, 0 >>.
