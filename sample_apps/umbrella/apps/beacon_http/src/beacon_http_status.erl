-module(beacon_http_status).

-export([phrase/1]).

-spec phrase(200..599) -> binary().
phrase(200) -> <<"OK">>;
phrase(201) -> <<"Created">>;
phrase(204) -> <<"No Content">>;
phrase(400) -> <<"Bad Request">>;
phrase(404) -> <<"Not Found">>;
phrase(405) -> <<"Method Not Allowed">>;
phrase(411) -> <<"Length Required">>;
phrase(413) -> <<"Content Too Large">>;
phrase(422) -> <<"Unprocessable Content">>;
phrase(431) -> <<"Request Header Fields Too Large">>;
phrase(500) -> <<"Internal Server Error">>;
phrase(503) -> <<"Service Unavailable">>.
