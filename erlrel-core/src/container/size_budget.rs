//! How large an image may be.

use std::collections::BTreeMap;
use std::fmt;

use super::values::{self, Value};
use crate::cache::Build;
use crate::image::{Image, Layer};

/// What a limit is for. The size is that of compressed layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Share {
    /// All layers.
    Total,
    /// Those of the base image.
    Base,
    /// Native libraries.
    Native,
    /// ERTS and OTP.
    Otp,
    /// All dependencies.
    Dependencies,
    /// All applications of the project.
    Project,
    /// The release's own files.
    Release,
}

/// The names that [`Share`]s have, for messages and help texts.
pub const SHARES: &str = "`total`, `base`, `native`, `otp`, `dependencies`, `project`, `release`";

const NAMES: [(&str, Share); 7] = [
    ("total", Share::Total),
    ("base", Share::Base),
    ("native", Share::Native),
    ("otp", Share::Otp),
    ("dependencies", Share::Dependencies),
    ("project", Share::Project),
    ("release", Share::Release),
];

impl Share {
    /// Reads a name; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        NAMES.into_iter().find(|(name, _)| *name == text).map(|(_, share)| share)
    }

    fn counts(self, layer: &Layer) -> bool {
        let name = layer.name();
        match self {
            Self::Total => true,
            Self::Dependencies => {
                name == "dependencies" || name.starts_with("dependency ") || name.starts_with("dependencies ")
            }
            Self::Project => name == "project" || name.starts_with("project "),
            Self::Base | Self::Native | Self::Otp | Self::Release => name == self.to_string(),
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAMES.iter().find(|(_, share)| share == self).map_or("", |(name, _)| name))
    }
}

/// Limits in bytes. Default: none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SizeBudget(pub BTreeMap<Share, u64>);

/// A limit as it is written: `60MB`, or `dependencies=5MB`.
///
/// # Errors
/// For any other text.
pub fn limit(text: &str) -> Value<(Share, u64)> {
    let wrong = "a size such as `60MB`, or that of a part such as `dependencies=5MB`, in bytes or whole kB, MB, GB, TB, KiB, MiB, \
                 GiB, TiB";
    let (share, size) = text.split_once('=').unwrap_or(("total", text));
    Ok((Share::parse(share).ok_or(wrong)?, values::size(size).map_err(|_| wrong)?))
}

/// An image, or a part of it, that is larger than it may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overrun {
    /// What is too large.
    pub share: Share,
    /// Its size in bytes.
    pub size: u64,
    /// What it may have.
    pub budget: u64,
    /// Its layers with their sizes, the largest first.
    pub layers: Vec<(String, u64)>,
    /// Those that were smaller in the last image, or not there, with how much smaller; the most first.
    pub grown: Vec<(String, u64)>,
}

impl SizeBudget {
    /// What of an image is too large; `last` is the one that was made before.
    pub fn overruns(&self, image: &Image, last: Option<&Build>) -> Vec<Overrun> {
        self.0.iter().filter_map(|(share, budget)| overrun(*share, *budget, image, last)).collect()
    }
}

fn overrun(share: Share, budget: u64, image: &Image, last: Option<&Build>) -> Option<Overrun> {
    let counted = image.layers().iter().filter(|layer| share.counts(layer));
    let mut layers: Vec<(String, u64)> = counted.map(|layer| (layer.name().into(), layer.size())).collect();
    let size = layers.iter().map(|(_, size)| size).sum();
    if size <= budget {
        return None;
    }
    let growth = |(name, size): &(String, u64)| {
        let before = last?.layers.iter().find(|layer| layer.name == *name).map_or(0, |layer| layer.size);
        Some((name.clone(), size.checked_sub(before)?)).filter(|(_, growth)| *growth > 0)
    };
    let mut grown: Vec<(String, u64)> = layers.iter().filter_map(growth).collect();
    for list in [&mut layers, &mut grown] {
        list.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    }
    Some(Overrun { share, size, budget, layers, grown })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::fixture::image;

    #[test]
    fn limits_are_for_all_or_for_a_part() {
        assert_eq!(limit("60MB"), Ok((Share::Total, 60_000_000)));
        assert_eq!(limit("dependencies=5 KiB"), Ok((Share::Dependencies, 5120)));
        assert_eq!(limit("60"), Ok((Share::Total, 60)));
        for wrong in ["", "otp", "otp=", "deps=5MB", "=5MB", "total=5MB=6MB"] {
            assert!(limit(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_too_large_is_named_with_what_has_grown() {
        let image = image();
        let size = image.size();
        let budget = |limits: &[(Share, u64)]| SizeBudget(limits.iter().copied().collect());
        assert_eq!(budget(&[(Share::Total, size), (Share::Base, 0)]).overruns(&image, None), []);
        let mut last = Build::of(&image).expect("in memory");
        last.layers[0].size -= 5;
        last.layers.pop();
        let found = budget(&[(Share::Total, size - 1), (Share::Native, 1)]).overruns(&image, Some(&last));
        let grown: Vec<Vec<&str>> =
            found.iter().map(|over| over.grown.iter().map(|(name, _)| name.as_str()).collect()).collect();
        assert_eq!(grown, [vec!["release", "native"], vec!["native"]]);
        assert_eq!((found[0].size, found[0].layers.len()), (size, image.layers().len()));
    }
}
