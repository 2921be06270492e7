%% `rebar3 [as PROFILES] erlrel COMMAND ARGUMENT…`: has rebar3 compile, with the project's hooks and plugins, and
%% hands the rest to the program erlrel, whose exit code becomes rebar3's.
-module(rebar3_erlrel_prv).

-export([init/1, do/1, format_error/1]).

-define(DESCRIPTION,
    "Makes a container image, a tarball or a directory of the project's release with erlrel.\n\n"
    "  rebar3 as prod erlrel image [--to DEST] [--tag NAME]   a container image\n"
    "  rebar3 as prod erlrel tar [--out FILE]                 the release tarball\n"
    "  rebar3 as prod erlrel release [--out DIR]              the release directory\n"
    "  rebar3 as prod erlrel plan                             what an image would contain\n"
    "  rebar3 erlrel key                                      the dependency-layer key\n"
    "  rebar3 erlrel --help                                   every command of erlrel\n"
    "  rebar3 erlrel COMMAND --help                           every option of a command\n\n"
    "rebar3 compiles the project before commands that need it, with the profiles after `as`; there is no\n"
    "usual profile as with erlrel itself. The compiler is asked for `deterministic` output, as erlrel does it,\n"
    "unless --no-deterministic or `{erlrel, [{deterministic, false}]}` says otherwise. All arguments go to\n"
    "erlrel unchanged. (A comma in one ends the command for rebar3 after `as` and `do`.)\n\n"
    "The program erlrel is looked for on PATH, unless the environment variable ERLREL names it."
).

%% Options that the compiler adds to all others, a term or a list of terms.
-define(OPTIONS, "ERL_COMPILER_OPTIONS").

-spec init(rebar_state:t()) -> {ok, rebar_state:t()}.
init(State) ->
    Provider = providers:create([
        {name, erlrel},
        {module, ?MODULE},
        {bare, true},
        {deps, []},
        {example, "rebar3 as prod erlrel image --to docker"},
        {short_desc, "Container images and releases with erlrel."},
        {desc, ?DESCRIPTION},
        {opts, options(init:get_plain_arguments())}
    ]),
    {ok, rebar_state:add_provider(State, Provider)}.

-spec do(rebar_state:t()) -> {ok, rebar_state:t()} | {error, string() | {module(), term()}}.
do(State) ->
    case program() of
        {ok, Program} -> do(Program, rebar_state:command_args(State), State);
        {error, Reason} -> {error, {?MODULE, Reason}}
    end.

-spec format_error(term()) -> iolist().
format_error(not_installed) ->
    "The program erlrel is not on PATH. Install it as the README of its repository says (`cargo install "
    "--locked --path erlrel-cli $(scripts/cargo-flags)` in a clone), or name it in the environment variable ERLREL.";
format_error({not_found, Name}) ->
    io_lib:format("The environment variable ERLREL names `~ts`, which is no program.", [Name]);
format_error({exit_code, Code}) ->
    io_lib:format("erlrel failed with exit code ~b.", [Code]).

%% rebar3 parses a command's arguments before the command sees them, and refuses options that it was not told of.
%% erlrel judges its arguments itself; so whatever looks like an option on the command line is declared.
options(Arguments) ->
    lists:usort(lists:flatmap(fun option/1, Arguments)).

option("--") ->
    [];
option("--" ++ Text) ->
    case string:split(Text, "=") of
        [Name] -> [{list_to_atom(Name), undefined, Name, undefined, ""}];
        [Name, _] -> [{list_to_atom(Name), undefined, Name, string, ""}]
    end;
option("-" ++ Letters) ->
    [{list_to_atom([Letter]), Letter, undefined, undefined, ""} || Letter <- Letters];
option(_) ->
    [].

program() ->
    case os:getenv("ERLREL") of
        Unset when Unset =:= false; Unset =:= "" -> find("erlrel", not_installed);
        Name -> find(Name, {not_found, Name})
    end.

find(Name, Reason) ->
    case os:find_executable(Name) of
        false -> {error, Reason};
        Program -> {ok, filename:absname(Program)}
    end.

do(Program, Arguments, State) ->
    {Before, Rest} = lists:splitwith(fun is_option/1, Arguments),
    Flags = flags(Program, Arguments, Rest),
    case compile(way(Flags, Arguments, State), State) of
        {ok, State1} ->
            Added = lists:append([added(Flag, State) || Flag <- Flags]),
            Full = Before ++ lists:sublist(Rest, 1) ++ Added ++ lists:nthtail(min(1, length(Rest)), Rest),
            finish(run(Program, Full), State1);
        {error, _} = Error ->
            Error
    end.

is_option(Argument) ->
    lists:prefix("-", Argument).

%% What this plugin has to do with a command of erlrel. Nothing, where the user has said it already or does not
%% speak of the project as it is.
flags(_Program, _Arguments, []) ->
    [];
flags(Program, Arguments, [Command | _]) ->
    Given = fun(Option) -> lists:any(fun(Argument) -> is(Option, Argument) end, Arguments) end,
    case lists:any(Given, ["--help", "-h", "--version", "--profile", "--from"]) of
        true ->
            [];
        false ->
            Help = help(Program, Command),
            Has = fun(Option) -> string:find(Help, Option) =/= nomatch end,
            CanSkip = Has("--no-compile") andalso not lists:any(Given, ["--no-compile", "--compile"]),
            [profile || Has("--profile")] ++
                [no_compile || CanSkip] ++
                [compile || CanSkip orelse Command =:= "plan"]
    end.

is(Option, Argument) ->
    Argument =:= Option orelse lists:prefix(Option ++ "=", Argument).

%% An unknown command has no help, and no option that is known here.
help(Program, Command) ->
    Options = [{args, [Command, "--help"]}, exit_status, stderr_to_stdout, binary, hide],
    unicode:characters_to_list(collect(open_port({spawn_executable, Program}, Options), <<>>)).

collect(Port, Output) ->
    receive
        {Port, {data, Data}} -> collect(Port, <<Output/binary, Data/binary>>);
        {Port, {exit_status, 0}} -> Output;
        {Port, {exit_status, _}} -> <<>>
    end.

%% How to compile.
way(Flags, Arguments, State) ->
    case {lists:member(compile, Flags), is_deterministic(Arguments, State)} of
        {false, _} -> not_at_all;
        {true, true} -> deterministic;
        {true, false} -> plain
    end.

compile(not_at_all, State) ->
    {ok, State};
compile(plain, State) ->
    compile(State);
compile(deterministic, State) ->
    Given = os:getenv(?OPTIONS),
    case with_deterministic(Given) of
        {ok, Options} ->
            os:putenv(?OPTIONS, Options),
            %% What rebar3 does afterwards is not erlrel's affair.
            try compile(State) after restore(Given) end;
        {error, no_term} ->
            rebar_api:warn(
                "The variable ~s is ignored by the compiler, since `~ts` is no Erlang term; so it cannot be asked for "
                "`deterministic` output either.", [?OPTIONS, Given]),
            compile(State)
    end.

compile(State) ->
    Arguments = rebar_state:command_args(State),
    case rebar_core:process_command(rebar_state:command_args(State, []), compile) of
        {ok, State1} -> {ok, rebar_state:command_args(State1, Arguments)};
        {error, _} = Error -> Error
    end.

%% As erlrel itself has a project compiled: the same bytes in every directory, unless the user does not want it.
is_deterministic(Arguments, State) ->
    Options = rebar_state:get(State, erlrel, []),
    Refused = is_list(Options) andalso proplists:get_value(deterministic, Options, true) =:= false,
    not (Refused orelse lists:member("--no-deterministic", Arguments)).

%% rebar3 compiles again what lacks one of these options, and not what has one too many: whoever calls it by hand in
%% between has nothing compiled twice.
with_deterministic(false) ->
    {ok, "deterministic"};
with_deterministic(Given) ->
    case string:trim(Given) of
        "" -> {ok, "deterministic"};
        _ -> added_to(parsed(Given), Given)
    end.

parsed(Text) ->
    case erl_scan:string(Text ++ "\n.") of
        {ok, Tokens, _} -> erl_parse:parse_term(Tokens);
        {error, _, _} = Error -> Error
    end.

added_to({ok, Options}, Given) when length(Options) >= 0 ->
    case lists:member(deterministic, Options) of
        true -> {ok, Given};
        false -> {ok, lists:flatten(io_lib:format("~0tp", [[deterministic | Options]]))}
    end;
added_to({ok, Option}, Given) when not is_list(Option) ->
    added_to({ok, [Option]}, Given);
%% A list without a proper end: the compiler says what it thinks of it.
added_to({ok, _}, Given) ->
    {ok, Given};
added_to(_, _) ->
    {error, no_term}.

restore(false) ->
    os:unsetenv(?OPTIONS);
restore(Given) ->
    os:putenv(?OPTIONS, Given).

added(no_compile, _State) ->
    ["--no-compile"];
added(profile, State) ->
    Active = [atom_to_list(Profile) || Profile <- rebar_state:current_profiles(State), Profile =/= default],
    %% erlrel reads REBAR_PROFILE itself.
    case [Profile || Profile <- Active, [Profile] =/= [os:getenv("REBAR_PROFILE")]] of
        [] -> ["--profile", "default"];
        _ -> ["--profile", lists:flatten(lists:join(",", Active))]
    end;
added(compile, _State) ->
    [].

%% Its input, output and errors are rebar3's own, not copies: nothing is delayed, changed or mixed, and a terminal
%% is one for erlrel too.
run(Program, Arguments) ->
    Port = open_port({spawn_executable, Program}, [{args, Arguments}, exit_status, nouse_stdio]),
    receive
        {Port, {exit_status, Code}} -> Code
    end.

finish(0, State) ->
    {ok, State};
finish(Code, State) ->
    case rebar_state:get(State, caller, command_line) of
        command_line -> erlang:halt(Code);
        api -> {error, {?MODULE, {exit_code, Code}}}
    end.
