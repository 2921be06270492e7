%% Certificates made at start, and a handshake that checks them.
-module(native_tls).

-export([certificates/0, handshake/2]).

-include_lib("public_key/include/public_key.hrl").

-define(HOST, "localhost").
-define(TIMEOUT, 5000).

%% A root of our own and a certificate for the server, as options for ssl.
certificates() ->
    Key = [{digest, sha256}, {key, {namedCurve, secp256r1}}],
    Name = #'Extension'{extnID = ?'id-ce-subjectAltName',
                        extnValue = [{dNSName, ?HOST}],
                        critical = false},
    Chain = #{root => Key, intermediates => [], peer => Key},
    ServerChain = Chain#{peer := [{extensions, [Name]} | Key]},
    public_key:pkix_test_data(#{server_chain => ServerChain, client_chain => Chain}).

%% Connects to our own TLS port as a careful client: the peer must prove
%% that its certificate was issued by the root and bears the right name.
-spec handshake(inet:port_number(), [ssl:tls_client_option()]) ->
          {ok, Protocol :: atom(), Cipher :: string()} | {error, term()}.
handshake(Port, ClientOptions) ->
    Options = [{verify, verify_peer}, {server_name_indication, ?HOST} | ClientOptions],
    case ssl:connect({127, 0, 0, 1}, Port, Options, ?TIMEOUT) of
        {ok, Socket} ->
            {ok, [{protocol, Protocol}, {selected_cipher_suite, Suite}]} =
                ssl:connection_information(Socket, [protocol, selected_cipher_suite]),
            ok = ssl:close(Socket),
            {ok, Protocol, ssl:suite_to_str(Suite)};
        {error, Reason} ->
            {error, Reason}
    end.
