//! Sources that rebar3 makes of others.

use std::time::SystemTime;

use super::Fixture;
use crate::fs::edits::{keep_time, set_time};

const GRAMMAR: &str = "project/apps/a/src/p.yrl";
const PARSER: &str = "project/apps/a/src/p.erl";

fn with_grammar() -> Fixture {
    let fixture = Fixture::settled();
    fixture.write(GRAMMAR, "root -> a : 1.");
    fixture.compile();
    assert_eq!(fixture.whys(), [""; 0], "what rebar3 makes itself disturbs nothing");
    fixture.wait_for_tick();
    fixture
}

fn parser(fixture: &Fixture) -> String {
    std::fs::read_to_string(fixture.path(PARSER)).expect("a parser")
}

#[test]
fn a_parser_is_made_again_when_its_grammar_has_changed_under_an_old_time() {
    let fixture = with_grammar();
    let path = fixture.path(GRAMMAR);
    keep_time(&path, || std::fs::write(&path, "root -> a : 2.").expect("written"));
    fixture.compile();
    assert!(parser(&fixture).contains(": 2."), "{}", parser(&fixture));
    assert_eq!(fixture.whys(), [""; 0]);
}

#[test]
fn a_parser_is_made_again_when_options_have_changed() {
    let fixture = with_grammar();
    fixture.write("project/rebar.config", "{yrl_opts, [{verbose, true}]}.");
    fixture.check(|check| drop(check.begin().expect("ready")));
    assert!(!fixture.path(PARSER).exists());
}

#[test]
fn a_parser_is_made_again_when_another_profile_or_somebody_else_has_made_it() {
    let mut fixture = with_grammar();
    fixture.arguments = ["as", "test", "compile"].map(String::from).into();
    let path = fixture.path(GRAMMAR);
    keep_time(&path, || std::fs::write(&path, "root -> a : 2.").expect("written"));
    fixture.compile();
    assert!(parser(&fixture).contains(": 2."), "{}", parser(&fixture));
    fixture.wait_for_tick();
    fixture.write(PARSER, &parser(&fixture).replace(": 2.", ": 3."));
    fixture.make_newer(PARSER);
    fixture.compile();
    assert!(parser(&fixture).contains(": 2."), "{}", parser(&fixture));
}

#[test]
fn a_parser_behind_a_link_is_made_again_and_others_where_links_lead_to_are_not_touched() {
    let fixture = Fixture::settled();
    std::fs::rename(fixture.path("project/apps/a/src"), fixture.path("project/real")).expect("renamed");
    fixture.link("../../real", "project/apps/a/src");
    fixture.write(GRAMMAR, "root -> a : 1.");
    let others = ["else/grammars/q.erl", "else/grammars/s.erl", "else/linked.erl", "project/mine/b.erl"];
    for path in others.iter().chain(&["project/real/q.erl"]) {
        fixture.write(path, "yeccpars2(S) -> S. yystate() -> 1.");
    }
    for path in
        ["else/grammars/q.yrl", "else/grammars/s.xrl", "project/real/linked.yrl", "project/mine/b.yrl"]
    {
        fixture.write(path, "root -> a : 1.");
    }
    fixture.link("../../else/grammars", "project/real/grammars");
    fixture.link("../../else/linked.erl", "project/real/linked.erl");
    (0..2).for_each(|_| fixture.compile());
    fixture.write("project/rebar.config", "{erl_opts, []}.");
    fixture.check(|check| drop(check.begin().expect("ready")));
    assert!(!fixture.path(PARSER).exists() && !fixture.path("project/real/q.erl").exists());
    assert!(others.iter().all(|path| fixture.path(path).exists()));
}

#[test]
fn of_grammars_that_rebar3_does_not_look_for_and_of_unused_checkouts_nothing_is_touched() {
    let fixture = Fixture::settled();
    let parsers = ["project/apps/a/src/q.erl", "checkout/src/p.erl"];
    fixture.write("project/apps/a/src/sub/q.yrl", "root -> a : 1.");
    fixture.write("checkout/src/p.yrl", "root -> a : 1.");
    parsers.iter().for_each(|path| fixture.write(path, "yeccpars2(S) -> S."));
    fixture.compile();
    std::fs::remove_dir_all(fixture.path("project/_build/prod/lib/c")).expect("removed");
    fixture.write("project/rebar.config", "{src_dirs, [{\"src\", [{recursive, false}]}]}.");
    fixture.check(|check| drop(check.begin().expect("ready")));
    assert!(parsers.iter().all(|path| fixture.path(path).exists()));
}

#[test]
fn nothing_is_removed_that_a_link_leads_to_if_it_leads_around_the_project() {
    let fixture = with_grammar();
    for path in ["beside/x.yrl", "beside/x.erl"] {
        fixture.write(path, "yeccpars2(S) -> S.");
    }
    fixture.link("../../../..", "project/apps/a/src/all");
    fixture.compile();
    assert!(fixture.path("beside/x.erl").exists() && fixture.path(PARSER).exists());
}

#[test]
fn what_nobody_has_compiled_yet_was_committed() {
    let fixture = Fixture::settled();
    fixture.write(GRAMMAR, "root -> a : 1.");
    fixture.write(PARSER, "yeccpars2(S) -> S.");
    fixture.compile();
    assert_eq!(parser(&fixture), "yeccpars2(S) -> S.");
}

#[test]
fn what_is_written_by_hand_is_not_touched() {
    let fixture = Fixture::settled();
    fixture.write(PARSER, "-module(p).");
    fixture.write(GRAMMAR, "root -> a : 1.");
    set_time(&fixture.path(GRAMMAR), SystemTime::UNIX_EPOCH);
    fixture.compile();
    fixture.wait_for_tick();
    fixture.write(GRAMMAR, "root -> a : 2.");
    set_time(&fixture.path(GRAMMAR), SystemTime::UNIX_EPOCH);
    fixture.write("project/rebar.config", "{erl_opts, []}.");
    fixture.compile();
    assert_eq!(parser(&fixture), "-module(p).");
}

#[test]
fn what_rebar3_would_not_make_again_is_not_touched() {
    let fixture = Fixture::settled();
    let (grammar, parser) = ("project/examples/src/p.yrl", "project/examples/src/p.erl");
    fixture.write(grammar, "root -> a : 1.");
    fixture.write(parser, "-module(p).\nyeccpars2(S) -> S.");
    fixture.compile();
    fixture.wait_for_tick();
    fixture.write("project/rebar.config", "{erl_opts, []}.");
    fixture.compile();
    std::fs::remove_file(fixture.path(grammar)).expect("removed");
    fixture.compile();
    assert!(fixture.path(parser).exists());
}

#[test]
fn what_is_left_without_its_grammar_is_a_module_as_any_other() {
    let fixture = with_grammar();
    std::fs::remove_file(fixture.path(GRAMMAR)).expect("removed");
    fixture.compile();
    assert!(fixture.path(PARSER).exists(), "nothing would make it again");
}

#[test]
fn mibs_are_made_again_together_since_they_import_each_other() {
    let fixture = Fixture::settled();
    let made = ["project/apps/a/priv/mibs/A.bin", "project/apps/a/priv/mibs/B.bin"];
    let mibs = ["project/apps/a/mibs/A.mib", "project/apps/a/mibs/B.mib"];
    mibs.iter().for_each(|path| fixture.write(path, "1"));
    made.iter().for_each(|path| fixture.write(path, "\u{1}h\u{b}d\0\u{3}mib"));
    fixture.write("project/apps/a/priv/mibs/C.bin", "\u{1}h\u{b}d\0\u{3}mib");
    fixture.compile();
    fixture.wait_for_tick();
    fixture.write(mibs[0], "2");
    fixture.check(|check| drop(check.begin().expect("ready")));
    assert!(made.iter().all(|path| !fixture.path(path).exists()));
    assert!(fixture.path("project/apps/a/priv/mibs/C.bin").exists(), "nothing would make it again");
}
