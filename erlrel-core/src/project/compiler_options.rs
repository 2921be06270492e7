//! What rebar3 is to ask the compiler for besides what the configuration says: output that is the same in every directory.

use std::path::Path;

use super::{ConfigWarning, Project};
use crate::environment::Environment;
use crate::term::{self, Term};

/// Options that `compile` adds to all others, a term or a list of terms.
const VARIABLE: &str = "ERL_COMPILER_OPTIONS";

/// Of OTP's compiler: no paths in its output but the last parts of those of source files.
const DETERMINISTIC: &str = "deterministic";

impl Project {
    /// The variables that rebar3 is to see: those that there are, with `deterministic` added to ERL_COMPILER_OPTIONS, unless
    /// the key `erlrel` has `{deterministic, false}`. With a warning if what stands there already cannot be read; then it stays,
    /// and the compiler overlooks it.
    pub fn compilation_environment(&self, environment: &Environment) -> (Environment, Option<ConfigWarning>) {
        let key = self.config.get("erlrel").and_then(|list| list.as_list()).unwrap_or_default();
        let wanted = term::lookup(&key, DETERMINISTIC).and_then(Term::as_bool).unwrap_or(true);
        if !wanted {
            return (environment.clone(), None);
        }
        let given = environment.get(VARIABLE).unwrap_or_default();
        match with_deterministic(given) {
            Some(options) => (environment.with(VARIABLE, options), None),
            None => (environment.clone(), Some(ConfigWarning::CompilerOptions { value: given.into() })),
        }
    }
}

/// The value of the variable with the option; `None` if what is there already is no term.
fn with_deterministic(given: &str) -> Option<String> {
    if given.trim().is_empty() {
        return Some(DETERMINISTIC.into());
    }
    let document = term::consult(Path::new(VARIABLE), format!("{given}\n.").as_bytes()).ok()?;
    let [term] = document.terms.as_slice() else { return None };
    let options = term.as_list().unwrap_or_else(|| vec![term.clone()]);
    if options.iter().any(|option| option.is_atom(DETERMINISTIC)) {
        return Some(given.into());
    }
    Some(Term::list([Term::atom(DETERMINISTIC)].into_iter().chain(options)).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_is_added_to_a_term_and_to_a_list() {
        let values = [
            ("", "deterministic"),
            (" ", "deterministic"),
            ("debug_info", "[deterministic,debug_info]"),
            ("{d, 'X', \"a b\"}", "[deterministic,{d,'X',\"a b\"}]"),
            ("[debug_info, {i, \"/x\"}] % mine", "[deterministic,debug_info,{i,\"/x\"}]"),
            ("[]", "[deterministic]"),
            ("deterministic", "deterministic"),
            ("[debug_info,  deterministic]", "[debug_info,  deterministic]"),
        ];
        for (given, expected) in values {
            assert_eq!(with_deterministic(given).as_deref(), Some(expected), "{given}");
        }
    }

    #[test]
    fn what_is_no_term_is_left_alone() {
        for given in ["debug_info, inline", "[debug_info", "debug_info.", "a. b", "X"] {
            assert_eq!(with_deterministic(given), None, "{given}");
        }
    }
}
