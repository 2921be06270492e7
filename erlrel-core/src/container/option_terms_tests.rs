use super::*;
use crate::container::Health;
use crate::project::{LoadOptions, load};

fn options_as(text: &str, profiles: &[&str]) -> Result<ContainerOptions, String> {
    let dir = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(dir.path().join("rebar.config"), text).expect("written");
    std::fs::write(dir.path().join("shop.env"), "A=of file\nC=3\nHERE\nGONE\n").expect("written");
    std::fs::write(dir.path().join("bad.env"), "A=1\nMY PASS=secret\n").expect("written");
    let profiles = profiles.iter().map(ToString::to_string).collect();
    let project = load(dir.path(), &LoadOptions { profiles, ..LoadOptions::default() }).expect("a project");
    let environment = [("HERE".to_string(), "yes".to_string())].into_iter().collect();
    let options = ContainerOptions::of(&project, &environment);
    options.map_err(|error| error.to_string().replace(&dir.path().display().to_string(), "DIR"))
}

fn options(text: &str) -> Result<ContainerOptions, String> {
    options_as(text, &["prod"])
}

fn pairs(variables: &[(String, String)]) -> String {
    variables.iter().map(|(name, value)| format!("{name}={value} ")).collect()
}

#[test]
fn the_profile_wins_over_the_base() {
    let options = options(
        "{erlrel, [{env, [{\"A\", \"1\"}]}, {expose, [8053, {8053, udp}, 3000]}, {user, \"1000\"}, {shell, true}]}.
         {profiles, [{prod, [{erlrel, [{env, [{\"B\", \"2\"}]}, {cmd, [\"console\"]}, {labels, [{a, b}]}]}]}]}.",
    )
    .expect("options");
    assert_eq!(options.env, [("B".to_string(), "2".to_string())]);
    assert_eq!(options.cmd, Some(vec!["console".to_string()]));
    assert_eq!(options.user.as_deref(), Some("1000"));
    assert!(options.shell);
    assert_eq!(options.labels["a"], "b");
    let ports: Vec<String> = options.expose.iter().map(ToString::to_string).collect();
    assert_eq!(ports, ["3000/tcp", "8053/tcp", "8053/udp"]);
}

#[test]
fn of_several_profiles_the_last_wins_whatever_the_order_in_the_file() {
    let text = "{profiles, [{b, [{erlrel, [{user, \"2\"}, {workdir, \"/b\"}]}]},
                            {a, [{erlrel, [{user, \"1\"}, {stop_signal, \"SIGQUIT\"}]}]}]}.
                {erlrel, [{user, \"0\"}, {prefix, \"/srv/x\"}]}.";
    let user = |profiles: &[&str]| options_as(text, profiles).expect("options").user.expect("a user");
    assert_eq!([user(&[]), user(&["a"]), user(&["a", "b"]), user(&["b", "a"])], ["0", "1", "2", "1"]);
    let both = options_as(text, &["a", "b"]).expect("options");
    let all = [both.workdir, both.stop_signal, both.prefix].map(Option::unwrap_or_default);
    assert_eq!(all, ["/b", "SIGQUIT", "/srv/x"]);
}

#[test]
fn every_option_is_read() {
    let options = options(
        r#"{erlrel, [{base, "oci:base:1"}, {prefix, "/srv/shop"}, {workdir, "/srv"}, {stop_signal, "SIGRTMIN+3"},
                     {entrypoint, ["/bin/x", "-v"]}, {cmd, []}, {volumes, ["/data", <<"/var/lib/shop/">>]},
                     {annotations, [{"org.example.team", "shop"}]}, {expose, ["9000-9002/udp"]},
                     {tags, ["shop:{version}", "shop:{git_branch}"]}, {allow_secrets, ["lib/shop/priv/test.pem"]},
                     {healthcheck, [{cmd, ["bin/shop", "ping"]}, {interval, "1m30s"}, {timeout, "500ms"},
                                    {start_period, "1s"}, {start_interval, "2s"}, {retries, 5}]}]}."#,
    )
    .expect("options");
    assert!(matches!(&options.base, Base::Layout(name) if name.tag.as_deref() == Some("1")));
    let texts = [options.prefix, options.workdir, options.stop_signal].map(Option::unwrap_or_default);
    assert_eq!(texts, ["/srv/shop", "/srv", "SIGRTMIN+3"]);
    assert_eq!(options.entrypoint, Some(vec!["/bin/x".to_string(), "-v".to_string()]));
    assert_eq!(options.cmd, Some(Vec::new()));
    assert_eq!(options.volumes.into_iter().collect::<Vec<_>>(), ["/data", "/var/lib/shop"]);
    assert_eq!(options.annotations["org.example.team"], "shop");
    assert_eq!(
        options.expose.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["9000/udp", "9001/udp", "9002/udp"]
    );
    assert_eq!(
        options.tags.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["shop:{version}", "shop:{git_branch}"]
    );
    assert!(options.allow_secrets.contains("lib/shop/priv/test.pem"));
    let Some(Health::Check(check)) = options.healthcheck else { panic!("no health check") };
    insta::assert_snapshot!(check.to_json(), @r#"{"Interval":90000000000,"Retries":5,"StartInterval":2000000000,"StartPeriod":1000000000,"Test":["CMD","bin/shop","ping"],"Timeout":500000000}"#);
}

#[test]
fn variables_of_the_option_count_more_than_those_of_files() {
    let options =
        options("{erlrel, [{env, [{\"A\", \"of option\"}]}, {env_file, [\"shop.env\"]}]}.").expect("options");
    assert_eq!(pairs(&options.env), "A=of file C=3 HERE=yes A=of option ");
    assert_eq!(options.unset_env.into_iter().collect::<Vec<_>>(), ["GONE"]);
}

#[test]
fn a_health_check_can_be_switched_off_or_be_left_to_the_release() {
    let health = |text: &str| {
        options(&format!("{{erlrel, [{{healthcheck, {text}}}]}}.")).map(|options| options.healthcheck)
    };
    assert_eq!(health("none"), Ok(Some(Health::Off)));
    assert_eq!(health("[]"), Ok(Some(Health::Check(Default::default()))));
}

#[test]
fn what_is_not_said_of_layers_stays_as_it_is() {
    let layers = |text: &str| {
        let layers = options(&format!("{{erlrel, [{{layers, {text}}}]}}.")).map(|options| options.layers);
        layers.map(|layers| (layers.dependencies, layers.project))
    };
    assert_eq!(layers("[]"), Ok((20, 20)));
    assert_eq!(layers("[{dependencies, 0}, {dependencies, 7}]"), Ok((0, 20)));
    assert_eq!(layers("[{project, 60}]"), Ok((20, 60)));
    insta::assert_snapshot!(layers("[{project, -1}]").expect_err("negative"), @r"
    rebar.config:1:31: `project` must be a whole number, 0 for one layer
      |
    1 | {erlrel, [{layers, [{project, -1}]}]}.
      |                               ^^
    ");
    insta::assert_snapshot!(layers("[{dependency, 1}]").expect_err("no such kind"), @r"
    rebar.config:1:21: `layers` has no option `dependency`; did you mean `dependencies`?
      |
    1 | {erlrel, [{layers, [{dependency, 1}]}]}.
      |                     ^^^^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(layers("20").expect_err("no list"), @r"
    rebar.config:1:20: `layers` must be a list such as `[{dependencies, 20}, {project, 20}]`
      |
    1 | {erlrel, [{layers, 20}]}.
      |                    ^^
    ");
}

#[test]
fn mistakes_are_shown_at_their_place() {
    let error = |text: &str| options(text).expect_err(text);
    insta::assert_snapshot!(error("{erlrel, [{bse, \"scratch\"}]}."), @r#"
    rebar.config:1:11: erlrel has no option `bse`; did you mean `base`?
      |
    1 | {erlrel, [{bse, "scratch"}]}.
      |           ^^^^^^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(error("{erlrel, [{network, host}]}."), @r"
    rebar.config:1:11: erlrel has no option `network`; it has allow_secrets, annotations, base, beams, cmd, compression, deterministic, entrypoint, env, env_file, expose, healthcheck, labels, layers, prefix, shell, size_budget, stop_signal, tags, user, volumes and workdir
      |
    1 | {erlrel, [{network, host}]}.
      |           ^^^^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(error("{erlrel, [{expose, [8053, web]}]}."), @r"
    rebar.config:1:27: `expose` must be a list of ports: `8053`, `{8053, udp}`
      |
    1 | {erlrel, [{expose, [8053, web]}]}.
      |                           ^^^
    ");
    insta::assert_snapshot!(error("{erlrel, [{base, \"Debian:12\"}]}."), @r#"
    rebar.config:1:18: `Debian:12` is no base image: upper-case letters are not allowed before the tag; write one of `scratch`, `oci:DIR[:TAG]`, `docker:NAME`, `[REGISTRY/]NAME[:TAG][@DIGEST]`
      |
    1 | {erlrel, [{base, "Debian:12"}]}.
      |                  ^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(error("{erlrel, [{env, [\"A=1\"]}]}."), @r#"
    rebar.config:1:18: `env` must be a list of `{"NAME", "VALUE"}`
      |
    1 | {erlrel, [{env, ["A=1"]}]}.
      |                  ^^^^^
    "#);
    insta::assert_snapshot!(error("{erlrel, [{env_file, \"none.env\"}]}."), @r#"
    rebar.config:1:22: cannot take the variables from `DIR/none.env`: No such file or directory (os error 2)
      |
    1 | {erlrel, [{env_file, "none.env"}]}.
      |                      ^^^^^^^^^^
    "#);
    insta::assert_snapshot!(error("{erlrel, [{env_file, [\"shop.env\", \"bad.env\"]}]}."), @r#"
    rebar.config:1:35: cannot take the variables from `DIR/bad.env`: line 2: a variable has a name, and no white space in it or behind it
      |
    1 | {erlrel, [{env_file, ["shop.env", "bad.env"]}]}.
      |                                   ^^^^^^^^^
    "#);
    insta::assert_snapshot!(error("{erlrel, [{volumes, [\"/a\", \"b\"]}]}."), @r#"
    rebar.config:1:28: `volumes` must be a list, each an absolute path below `/`, without `..`
      |
    1 | {erlrel, [{volumes, ["/a", "b"]}]}.
      |                            ^^^
    "#);
    insta::assert_snapshot!(error("{erlrel, [{tags, [\"shop:{git_shaa}\"]}]}."), @r#"
    rebar.config:1:19: there is no placeholder `{git_shaa}` (did you mean `{git_sha}`?); there are `{version}`, `{git_sha}`, `{git_short}`, `{git_branch}`, `{key}`
      |
    1 | {erlrel, [{tags, ["shop:{git_shaa}"]}]}.
      |                   ^^^^^^^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(error("{erlrel, [{healthcheck, [{intervall, \"3s\"}]}]}."), @r#"
    rebar.config:1:26: `healthcheck` has no option `intervall`; did you mean `interval`?
      |
    1 | {erlrel, [{healthcheck, [{intervall, "3s"}]}]}.
      |                          ^^^^^^^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(error("{erlrel, [{healthcheck, [{interval, 30}]}]}."), @r"
    rebar.config:1:37: `interval` must be a time of at least a millisecond, such as `30s`, `1m30s` or `500ms`
      |
    1 | {erlrel, [{healthcheck, [{interval, 30}]}]}.
      |                                     ^^
    ");
    insta::assert_snapshot!(error("{erlrel, [{healthcheck, off}]}."), @r#"
    rebar.config:1:25: `healthcheck` must be `none`, or a list such as `[{cmd, ["PROGRAM", "ARGUMENT"]}, {interval, "30s"}]`
      |
    1 | {erlrel, [{healthcheck, off}]}.
      |                         ^^^
    "#);
}

#[test]
fn a_value_of_another_type_is_refused() {
    for bad in [
        "{env, [{\"A=B\", \"c\"}]}",
        "{user, \"no such user\"}",
        "{user, \"a:b:c\"}",
        "{user, 1000}",
        "{cmd, \"sh\"}",
        "{cmd, [\"a\", 1]}",
        "{entrypoint, []}",
        "{entrypoint, [\"\"]}",
        "{labels, [{\"\", \"x\"}]}",
        "{annotations, [a]}",
        "{shell, yes}",
        "{workdir, \"srv\"}",
        "{prefix, \"/\"}",
        "{prefix, \"/tmp/x\"}",
        "{stop_signal, \"SIGFOO\"}",
        "{stop_signal, 15}",
        "{volumes, \"/data\"}",
        "{tags, 1}",
        "{allow_secrets, \"x\"}",
        "{healthcheck, [{retries, 0}]}",
        "{healthcheck, [{cmd, \"x\"}]}",
    ] {
        let error = options(&format!("{{erlrel, [{bad}]}}.")).expect_err(bad);
        assert!(error.contains("must be"), "{bad}: {error}");
    }
}
