//! What has become of mirrors: which are left out, and what is to be told of them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::error::{Failure, Reason, RegistryWarning};
use super::url::Url;

/// By address, what is known of each mirror.
#[derive(Default)]
pub(super) struct Mirrors {
    known: Mutex<BTreeMap<String, Known>>,
}

#[derive(Default)]
struct Known {
    works: bool,
    /// It is not asked any more.
    gone: bool,
    /// What it failed with first, or what it is gone for.
    trouble: Option<String>,
}

impl Mirrors {
    /// True for a mirror that is not worth to be asked.
    pub(super) fn is_gone(&self, root: &Url) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&root.to_string()).is_some_and(|mirror| mirror.gone)
    }

    /// True for a mirror that has been asked, and not for the registry.
    pub(super) fn is_known(&self, root: &Url) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&root.to_string())
    }

    /// Remembers that a mirror had what it was asked for.
    pub(super) fn worked(&self, root: &Url) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(root.to_string()).or_default().works = true;
    }

    /// Remembers what a mirror failed with. One that cannot be reached, so that nobody waits for it again, and one that
    /// sends something else are left out from then on. Not to have everything is no failure.
    pub(super) fn failed(&self, root: &Url, failure: &Failure) {
        if matches!(*failure.reason, Reason::Missing { .. }) {
            return;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mirror = known.entry(root.to_string()).or_default();
        let goes = matches!(*failure.reason, Reason::Connection { .. } | Reason::Damaged { .. });
        if mirror.trouble.is_none() || (goes && !mirror.gone) {
            mirror.trouble = Some(failure.reason.to_string());
        }
        mirror.gone |= goes;
    }

    /// The mirrors that were left out, and those that never had anything but a failure.
    pub(super) fn warnings(&self) -> Vec<RegistryWarning> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let in_vain = known.iter().filter(|(_, mirror)| mirror.gone || !mirror.works);
        in_vain
            .filter_map(|(address, mirror)| {
                let (mirror, why) = (address.clone(), mirror.trouble.clone()?);
                Some(RegistryWarning::Mirror { mirror, why })
            })
            .collect()
    }
}
