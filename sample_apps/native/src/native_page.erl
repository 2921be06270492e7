%% The page that shows whether the native parts of the release work.
-module(native_page).

-export([render/2]).

-define(TEXT, <<"The quick brown fox jumps over the lazy dog">>).

-spec render(inet:port_number(), [ssl:tls_client_option()]) -> {200 | 500, iolist()}.
render(TlsPort, ClientOptions) ->
    Lines = [{"nif", fun nif/0},
             {"crypto", fun crypto/0},
             {"tls", fun() -> tls(TlsPort, ClientOptions) end},
             {"ca certificates", fun ca_certificates/0}],
    {ok, Vsn} = application:get_key(native, vsn),
    Hello = io_lib:format("Hello from ~s, release native ~s~n", [node(), Vsn]),
    {Results, Texts} = lists:unzip([line(Name, Check) || {Name, Check} <- Lines]),
    {status(lists:all(fun(Result) -> Result =:= ok end, Results)), [Hello | Texts]}.

status(true) -> 200;
status(false) -> 500.

%% A check that fails becomes a line of the page, for whoever looks at it.
line(Name, Check) ->
    try
        {ok, io_lib:format("~s: ~s~n", [Name, Check()])}
    catch
        Class:Reason ->
            {failed, io_lib:format("~s: FAILED, ~0p~n", [Name, {Class, Reason}])}
    end.

nif() ->
    Hash = native_nif:fnv1a(?TEXT),
    Entropy = native_nif:entropy(?TEXT),
    io_lib:format("fnv1a ~16.16.0b, entropy ~.4f bits per byte", [Hash, Entropy]).

crypto() ->
    [{_Name, _Number, Library}] = crypto:info_lib(),
    Digest = binary:encode_hex(crypto:hash(sha256, ?TEXT)),
    io_lib:format("sha256 ~s, ~s", [string:lowercase(Digest), Library]).

tls(Port, ClientOptions) ->
    {ok, Protocol, Cipher} = native_tls:handshake(Port, ClientOptions),
    io_lib:format("~s, ~s, certificate verified", [Protocol, Cipher]).

%% The bundle of the operating system, which a client of public sites needs.
ca_certificates() ->
    io_lib:format("~b in the system's bundle", [length(public_key:cacerts_get())]).
