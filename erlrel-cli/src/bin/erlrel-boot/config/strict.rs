//! Whether a variable may be missing.

use crate::config::ConfigError;
use crate::config::error::Missing;
use crate::config::template::Template;
use crate::environment::Environment;

/// The variable that makes an error of variables without value and without default: set to anything but `0` and
/// `false`. Without it they are replaced by nothing, as in relx.
const STRICT: &str = "ERLREL_STRICT_ENV";

/// Refuses templates in which variables are missing, if this is wanted: all of them at once.
pub(crate) fn check(templates: &[&Template], environment: &Environment) -> Result<(), ConfigError> {
    let wanted = environment.get(STRICT).is_some_and(|value| value != "0" && value != "false");
    if !wanted {
        return Ok(());
    }
    let mut missing: Vec<Missing> = templates.iter().flat_map(|template| missing(template)).collect();
    // One that stands twice on a line is told once.
    missing.dedup();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(ConfigError::MissingVariables(missing)),
    }
}

fn missing<'a>(template: &'a Template) -> impl Iterator<Item = Missing> + 'a {
    template.missing().map(|(reference, line)| Missing {
        name: reference.name.clone(),
        path: template.file.source().into(),
        line,
    })
}
