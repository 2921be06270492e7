#!/usr/bin/env escript
%% A repository of Hex packages in a directory, with one package `pad`, made by the library that rebar3 brings along:
%%
%%     hex_repository.escript REBAR3 DIR
%%
%% DIR gets `packages/pad` and `tarballs/pad-1.2.0.tar`, as https://repo.hex.pm has them, and the file `public_key`.
%%! +S 1
main([Rebar3, Dir]) ->
    {ok, Sections} = escript:extract(Rebar3, []),
    {ok, Files} = zip:unzip(proplists:get_value(archive, Sections), [memory]),
    [{module, _} = code:load_binary(list_to_atom(filename:basename(File, ".beam")), File, Beam)
     || {File, Beam} <- Files, filename:extension(File) =:= ".beam", lists:prefix("r3_", filename:basename(File))],
    Sources = [{"src/pad.app.src", <<"{application, pad, [{vsn, \"1.2.0\"}, {applications, [kernel, stdlib]}]}.\n">>},
               {"src/pad.erl", <<"-module(pad).\n-export([left/1]).\nleft(Text) -> [$\\s | Text].\n">>}],
    Metadata = #{<<"name">> => <<"pad">>, <<"app">> => <<"pad">>, <<"version">> => <<"1.2.0">>,
                 <<"description">> => <<"Pads">>, <<"licenses">> => [<<"MIT">>],
                 <<"build_tools">> => [<<"rebar3">>], <<"requirements">> => #{}},
    {ok, #{tarball := Tarball, inner_checksum := Inner, outer_checksum := Outer}} =
        r3_hex_tarball:create(Metadata, Sources),
    Key = public_key:generate_key({rsa, 2048, 65537}),
    Private = public_key:pem_encode([public_key:pem_entry_encode('RSAPrivateKey', Key)]),
    Public = {'RSAPublicKey', element(3, Key), element(4, Key)},
    Release = #{version => <<"1.2.0">>, inner_checksum => Inner, outer_checksum => Outer, dependencies => []},
    Package = #{name => <<"pad">>, repository => <<"tests">>, releases => [Release]},
    Signed = r3_hex_registry:sign_protobuf(r3_hex_registry:encode_package(Package), Private),
    write(Dir, "packages/pad", zlib:gzip(Signed)),
    write(Dir, "tarballs/pad-1.2.0.tar", Tarball),
    write(Dir, "public_key", public_key:pem_encode([public_key:pem_entry_encode('SubjectPublicKeyInfo', Public)])).

write(Dir, Name, Bytes) ->
    File = filename:join(Dir, Name),
    ok = filelib:ensure_dir(File),
    ok = file:write_file(File, Bytes).
