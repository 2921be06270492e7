%% The migrations for those who mirror the registry to a relational database.
%% They are files called V<number>__<name>.sql in priv/migrations.
-module(beacon_store_migrations).

-export([all/0]).

-type migration() :: #{version := pos_integer(), name := binary(), statements := pos_integer()}.

%% In the order in which they are to be run.
-spec all() -> [migration()].
all() ->
    Folder = filename:join(code:priv_dir(beacon_storage), "migrations"),
    {ok, Files} = file:list_dir(Folder),
    lists:sort(fun(#{version := A}, #{version := B}) -> A =< B end,
               [read(Folder, File) || File <- Files, filename:extension(File) =:= ".sql"]).

read(Folder, [$V | Rest] = File) ->
    {Version, "__" ++ Name} = string:to_integer(filename:basename(Rest, ".sql")),
    {ok, Text} = file:read_file(filename:join(Folder, File)),
    #{version => Version,
      name => list_to_binary(Name),
      statements => length(beacon_store_sql:statements(Text))}.
