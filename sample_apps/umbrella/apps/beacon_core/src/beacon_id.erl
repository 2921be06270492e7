%% Random identifiers for endpoints that did not choose their own.
-module(beacon_id).

-export([new/0]).

-define(LENGTH, 8).

%% Unlikely to repeat, easy to read aloud; not a secret.
-spec new() -> beacon_name:name().
new() ->
    << <<(digit(rand:uniform(32)))>> || _ <- lists:seq(1, ?LENGTH) >>.

digit(N) ->
    element(N, {$a, $b, $c, $d, $e, $f, $g, $h, $i, $j, $k, $m, $n, $p, $q, $r,
                $s, $t, $u, $v, $w, $x, $y, $z, $2, $3, $4, $5, $6, $7, $8, $9}).
