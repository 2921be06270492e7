//! Projects, applications and configurations that do not lie where they seem to.

use super::Fixture;

/// With these files, and with the project found by a link.
fn linked(files: &[(&str, &str)]) -> Fixture {
    let mut fixture = Fixture::settled();
    files.iter().for_each(|(path, text)| fixture.write(path, text));
    fixture.link(".", "link");
    fixture.root = "link/project";
    fixture
}

#[test]
fn a_project_behind_a_link_is_compiled_as_any_other() {
    let fixture = linked(&[]);
    (0..2).for_each(|_| fixture.compile());
    assert_eq!(fixture.whys(), [""; 0]);
    fixture.write("project/.git/refs/tags/v1", "2222");
    assert_eq!(fixture.whys(), ["`.git/refs/tags/v1` is new"]);
    let fixture = Fixture { root: "project", ..fixture };
    assert_eq!(fixture.whys(), ["`.git/refs/tags/v1` is new"], "there is one record for both ways");
    let version = "{application, b, [{vsn, {cmd, \"date\"}}]}.";
    let fixture = linked(&[("project/apps/b/src/b.app.src", version)]);
    fixture.compile();
    assert_eq!(fixture.whys(), ["`apps/b/src/b.app.src`: its version may come from anywhere"]);
}

#[test]
fn an_application_may_lie_in_a_repository_of_its_own() {
    let vsn = "{application, c, [{vsn, git}]}.";
    for (files, tag) in [
        (vec![("checkout/src/c.app.src", vsn), ("checkout/.git/HEAD", "1")], "checkout/.git/refs/tags/v1"),
        (
            vec![
                ("project/apps/b/src/b.app.src", vsn),
                ("project/apps/b/.git", "gitdir: ../../.git/modules/b\n"),
                ("project/.git/modules/b/HEAD", "1"),
            ],
            "project/.git/modules/b/refs/tags/v1",
        ),
    ] {
        let fixture = Fixture::settled();
        files.iter().for_each(|(path, text)| fixture.write(path, text));
        fixture.compile();
        assert_eq!(fixture.whys(), [""; 0], "{tag}");
        fixture.write(tag, "2222");
        assert_eq!(fixture.whys().len(), 1, "{tag}");
    }
}

#[test]
fn the_configuration_may_lie_elsewhere() {
    let mut fixture = Fixture::settled();
    fixture.more.push(("REBAR_CONFIG".into(), "../shared.config".into()));
    fixture.write("shared.config", super::CONFIG);
    fixture.compile();
    assert_eq!(fixture.whys(), [""; 0]);
    fixture.wait_for_tick();
    fixture.write("shared.config", "{erl_opts, []}.");
    assert_eq!(fixture.whys(), ["`../shared.config` has changed"]);
    fixture.check(|check| drop(check.begin().expect("ready")));
    assert!(
        !fixture.path("project/_build/prod/lib/a/ebin").exists(),
        "rebar3 does not see that an option is gone"
    );
}
