//! Random edits of a project, each compiled by the real rebar3 after all earlier ones, and once from nothing: both make the
//! same image, or both fail. `ERLREL_RANDOM_EDITS` of them from seed `ERLREL_RANDOM_SEED` on.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::project;
use crate::support::random::Random;
use crate::support::rebar3::Tiny;
use crate::support::{run, tool};

const CONFIG: &str = "{erl_opts, [debug_info]}.";

/// Modules that give another result with each header, option and parse transform.
const FILES: [(&str, &str); 10] = [
    (
        "src/tiny.erl",
        "-module(tiny).\n-include(\"tiny.hrl\").\n-include(\"tiny.inc\").\n-export([f/0]).\nf() -> {?NUMBER, ?OTHER, 10}.\n",
    ),
    (
        "src/tiny_a.erl",
        "-module(tiny_a).\n-export([f/0]).\n-ifdef(WITH).\nf() -> 11.\n-else.\nf() -> 12.\n-endif.\n",
    ),
    ("src/tiny_b.erl", "-module(tiny_b).\n-behaviour(tiny_c).\n-export([f/0]).\nf() -> 13.\n"),
    ("src/tiny_c.erl", "-module(tiny_c).\n-callback f() -> integer().\n"),
    (
        "src/tiny_d.erl",
        "-module(tiny_d).\n-include_lib(\"kernel/include/file.hrl\").\n-export([f/0]).\nf() -> #file_info{}.\n",
    ),
    ("src/tiny.inc", "-define(OTHER, 21).\n"),
    ("inc_a/tiny.hrl", "-define(NUMBER, 20).\n"),
    ("inc_b/tiny.hrl", "-define(NUMBER, 22).\n"),
    (
        "src/tiny_e.yrl",
        "Nonterminals root.\nTerminals a.\nRootsymbol root.\nroot -> a : 14.\nErlang code.\n\
         %% All of this comes first in the parser, and makes it look like one that somebody has written.\n\
         %% All of this comes first in the parser, and makes it look like one that somebody has written.\n\
         %% All of this comes first in the parser, and makes it look like one that somebody has written.\n\
         %% All of this comes first in the parser, and makes it look like one that somebody has written.\n\
         %% All of this comes first in the parser, and makes it look like one that somebody has written.\n",
    ),
    ("priv/data", "30"),
];

/// What rebar3 makes of the grammar.
const PARSER: &str = "src/tiny_e.erl";

/// A parse transform that reads a file and calls another module; and one that is compiled with it.
const TRANSFORM: [(&str, &str); 5] = [
    (
        "src/tiny_pt.erl",
        "-module(tiny_pt).\n-export([parse_transform/2]).\nparse_transform([File, Module | Forms], _) ->
            {ok, Data} = file:read_file(\"priv/data\"),
            [File, Module, {attribute, 1, value, {17, Data, tiny_help:f()}} | Forms].\n",
    ),
    ("src/tiny_help.erl", "-module(tiny_help).\n-export([f/0]).\nf() -> 16.\n"),
    (
        "src/tiny_u.erl",
        "-module(tiny_u).\n-compile({parse_transform, tiny_pt}).\n-export([f/0]).\nf() -> 15.\n",
    ),
    ("src/tiny.erl", "-module(tiny).\n-export([f/0]).\nf() -> 18.\n"),
    ("priv/data", "30"),
];

struct Edited {
    tiny: Tiny,
    files: &'static [(&'static str, &'static str)],
    random: Random,
}

impl Edited {
    fn path(&self, path: &str) -> PathBuf {
        self.tiny.dir().join(path)
    }

    /// Changes one file; says how.
    fn edit(&mut self) -> String {
        let (path, text) = self.random.pick(self.files);
        let file = self.path(path);
        if !file.is_file() {
            self.tiny.write(path, text);
            return format!("{path} is back");
        }
        let before = std::fs::read_to_string(&file).expect("text");
        let time = file.metadata().expect("there").modified().expect("a time");
        let digit = char::from(b'1' + self.random.below(9) as u8);
        let turned = turned(&before, digit);
        let what = match self.random.below(12) {
            0 | 1 => (self.tiny.write(path, &turned), "edited").1,
            2 => (self.tiny.write(path, &turned), set_time(&file, time), "edited, with the old time").2,
            3 => {
                let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
                (self.tiny.write(path, &turned), set_time(&file, long_ago), "edited, long ago").2
            }
            4 => (set_time(&file, SystemTime::now()), "touched").1,
            5 => (std::fs::remove_file(&file).expect("removed"), "deleted").1,
            6 => {
                std::fs::rename(&file, self.path("kept")).expect("renamed");
                std::os::unix::fs::symlink(self.path("kept"), &file).expect("linked");
                "made a link"
            }
            7 => {
                run(tool("chmod", "coreutils").arg("u+x").arg(&file));
                "made executable"
            }
            8 => {
                let shadow = "src/tiny.hrl";
                (
                    self.tiny.write(shadow, &format!("-define(NUMBER, 4{digit}).\n")),
                    "left alone; a header shadows another",
                )
                    .1
            }
            9 => {
                let other = if self.path("include").read_link().is_ok_and(|to| to.ends_with("inc_a")) {
                    "inc_b"
                } else {
                    "inc_a"
                };
                (self.link(other), "left alone; a directory of headers leads elsewhere").1
            }
            10 => {
                (self.configure("{erl_opts, [debug_info, {d, 'WITH'}]}."), "left alone; an option is new").1
            }
            _ => (self.configure(CONFIG), "left alone; an option is gone").1,
        };
        format!("{path} {what}")
    }

    /// Lets `include` lead there.
    fn link(&self, target: &str) {
        let _ = std::fs::remove_file(self.path("include"));
        std::os::unix::fs::symlink(target, self.path("include")).expect("linked");
    }

    fn configure(&self, options: &str) {
        let text = std::fs::read_to_string(self.path("rebar.config")).expect("text");
        let (_, rest) = text.split_once('\n').expect("lines");
        self.tiny.write("rebar.config", &format!("{options}\n{rest}"));
    }

    /// The digest of the image, or nothing if the project cannot be compiled; and whether it was.
    fn made(&self, arguments: &str) -> Option<(String, bool)> {
        let arguments = format!("image --quiet --json --boot-program start --to oci:out {arguments}");
        let output = self.tiny.erlrel(&arguments).output().expect("started");
        let made: Value =
            output.status.success().then(|| serde_json::from_slice(&output.stdout).expect("JSON"))?;
        Some((made["digest"].to_string(), made["compiled"].as_bool().expect("a flag")))
    }

    /// The same without anything of before. `_build` lies where it lay, since paths in it count for rebar3.
    fn made_from_nothing(&self) -> Option<String> {
        let (build, aside) = (self.path("_build"), self.tiny.beside("build"));
        if self.path("src/tiny_e.yrl").exists() {
            let _ = std::fs::remove_file(self.path(PARSER));
        }
        std::fs::rename(&build, &aside).expect("renamed");
        let made = self.made("--no-cache");
        let _ = std::fs::remove_dir_all(&build);
        std::fs::rename(&aside, &build).expect("renamed");
        made.map(|(digest, _)| digest)
    }
}

/// With other numbers, but for those of arguments.
fn turned(text: &str, digit: char) -> String {
    let mut last = ' ';
    let turn = |c: char| {
        let is_number = c.is_ascii_digit() && last != '/';
        last = c;
        if is_number { digit } else { c }
    };
    text.chars().map(turn).collect()
}

fn set_time(path: &Path, time: SystemTime) {
    std::fs::File::options().write(true).open(path).expect("opened").set_modified(time).expect("set");
}

fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).map_or(usual, |text| text.parse().expect("a number"))
}

/// Makes as many edits as are wished, or so many.
fn many_edits(files: &'static [(&str, &str)], config: &str, usual: u64) {
    let tiny = project(config);
    for (path, text) in files {
        tiny.write(path, text);
    }
    let mut edited = Edited { tiny, files, random: Random(number("ERLREL_RANDOM_SEED", 1)) };
    edited.link("inc_a");
    let pristine = edited.tiny.beside("pristine");
    let copy = |from: &Path, to: &Path| run(tool("cp", "coreutils").arg("-a").arg(from).arg(to));
    copy(&edited.path("."), &pristine);
    assert!(edited.made("").is_some());
    let (mut compiled, mut failed) = (0, 0);
    let count = number("ERLREL_RANDOM_EDITS", usual);
    for round in 0..count {
        let what = edited.edit();
        let (made, clean) = (edited.made(""), edited.made_from_nothing());
        assert_eq!(made.as_ref().map(|(digest, _)| digest), clean.as_ref(), "edit {round}: {what}");
        compiled += usize::from(made.as_ref().is_none_or(|(_, compiled)| *compiled));
        failed += usize::from(made.is_none());
        if made.is_none() {
            // Everything as it was, also as old.
            for (path, _) in files {
                let _ = std::fs::remove_file(edited.path(path));
            }
            let _ = std::fs::remove_file(edited.path("src/tiny.hrl"));
            copy(&pristine.join("."), &edited.tiny.dir());
        }
    }
    assert!(compiled > 0 && (failed > 0 || count < 100), "{compiled} compiled, {failed} failed");
}

#[test]
fn after_every_edit_the_image_is_that_of_a_clean_build() {
    many_edits(&FILES, CONFIG, 25);
}

#[test]
fn after_every_edit_of_a_parse_transform_the_image_is_that_of_a_clean_build() {
    many_edits(&TRANSFORM, &format!("{CONFIG}\n{{erl_first_files, [\"src/tiny_help.erl\"]}}."), 12);
}
