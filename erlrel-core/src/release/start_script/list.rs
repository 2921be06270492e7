//! The hooks and extensions of a release as the start program of an image reads them: one a line, its words with a tab
//! in between. In a word, a backslash stands before `\`, `t` (a tab) and `n` (a new line).

use super::{Extension, Phase, ScriptAdditions, ScriptHook};

/// `PHASE KIND WORD…` for each hook, `extension NAME PATH` for each extension; empty if there are none.
pub(super) fn text(additions: &ScriptAdditions) -> String {
    let hooks =
        additions.hooks.iter().flat_map(|(phase, hooks)| hooks.iter().map(|hook| words(*phase, hook)));
    let extensions =
        additions.extensions.iter().map(|Extension { name, path }| vec!["extension", name, path]);
    hooks.chain(extensions).map(|words| line(&words)).collect()
}

fn words(phase: Phase, hook: &ScriptHook) -> Vec<&str> {
    let mut words = vec![phase.name()];
    match hook {
        ScriptHook::Custom(_) => words.extend(["custom", hook.path()]),
        ScriptHook::Pid(_) => words.push("pid"),
        ScriptHook::WaitForVmStart => words.push("wait_for_vm_start"),
        ScriptHook::WaitForProcess(_) => words.push("wait_for_process"),
        ScriptHook::Status => words.push("builtin_status"),
    }
    words.extend(hook.arguments());
    words
}

fn line(words: &[&str]) -> String {
    let words = words.iter().map(|word| word.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n"));
    words.collect::<Vec<_>>().join("\t") + "\n"
}
