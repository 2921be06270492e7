//! Images that are larger than they may be.

use erlrel_core::cache::Build;
use erlrel_core::container::{Overrun, Plan, Share, SizeBudget};
use erlrel_core::image::Image;
use erlrel_core::sizes;

use crate::error::CliError;
use crate::report::{bytes, printable};

/// So many of a kind are named.
const MANY: usize = 5;

/// Refuses an image that is larger than it may be.
pub(crate) fn check(
    budget: &SizeBudget,
    image: &Image,
    plan: &Plan,
    last: Option<&Build>,
) -> Result<(), CliError> {
    let overruns = budget.overruns(image, last);
    if overruns.is_empty() {
        return Ok(());
    }
    let measured = sizes::measure(&plan.layers)?;
    let applications = measured.applications().into_iter().take(MANY);
    let applications = applications.map(|part| (part.name.clone(), part.size)).collect();
    Err(CliError::OverBudget { overruns, applications })
}

/// What is too large, what it consists of, and what has grown.
pub(crate) fn message(overruns: &[Overrun], applications: &[(String, u64)]) -> String {
    let mut lines: Vec<String> = overruns.iter().flat_map(overrun).collect();
    // All other layers are named after what is in them.
    if overruns.iter().any(|over| matches!(over.share, Share::Total | Share::Otp)) {
        lines.extend(named("  largest applications, unpacked", "", applications));
    }
    lines.iter().map(|line| printable(line)).collect::<Vec<_>>().join("\n")
}

fn overrun(over: &Overrun) -> Vec<String> {
    let Overrun { share, size, budget, layers, grown } = over;
    let what = match share {
        Share::Total => "the image has".into(),
        share => format!("`{share}` of the image has"),
    };
    let first =
        format!("{what} {} in compressed layers, its budget is {}", exact(*size, *budget), bytes(*budget));
    [
        Some(first),
        named("  largest layers", "", layers),
        named("  grown since the last image made here", "+", grown),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// In bytes where the rounded sizes would be the same.
fn exact(size: u64, budget: u64) -> String {
    if bytes(size) == bytes(budget) {
        format!("{} ({size} bytes, {} too many)", bytes(size), size - budget)
    } else {
        bytes(size)
    }
}

fn named(title: &str, sign: &str, sizes: &[(String, u64)]) -> Option<String> {
    let shown: Vec<String> =
        sizes.iter().take(MANY).map(|(name, size)| format!("{name} {sign}{}", bytes(*size))).collect();
    (!shown.is_empty()).then(|| format!("{title}: {}", shown.join(", ")))
}
