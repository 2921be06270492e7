//! What a token allows: repositories, and what may be done there (distribution, "Token Scope Documentation").

/// Repositories with what is to be done there. The first is the one that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scopes(Vec<(String, Access)>);

/// What is to be done in a repository; who may push may pull.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Access {
    Pull,
    Push,
}

impl Scopes {
    /// One repository.
    pub(super) fn of(path: &str, access: Access) -> Self {
        Self(vec![(path.into(), access)])
    }

    /// These, and pulling from another repository, from which a blob is to be mounted.
    pub(super) fn and_pull(mut self, path: &str) -> Self {
        if !self.covers(&Self::of(path, Access::Pull)) {
            self.0.push((path.into(), Access::Pull));
        }
        self
    }

    /// True if who has these needs no more for `wanted`.
    pub(super) fn covers(&self, wanted: &Self) -> bool {
        let has =
            |(path, access): &(String, Access)| self.0.iter().any(|(own, may)| own == path && may >= access);
        wanted.0.iter().all(has)
    }

    /// As a token service reads them, one text each; with what a registry asked for beyond them.
    pub(super) fn texts(&self, asked: Option<&str>) -> Vec<String> {
        let mut texts: Vec<String> = self.0.iter().map(|(path, access)| text(path, *access)).collect();
        for scope in asked.into_iter().flat_map(str::split_whitespace) {
            if !self.has(scope) {
                texts.push(scope.into());
            }
        }
        texts
    }

    fn has(&self, scope: &str) -> bool {
        let parts: Option<(&str, &str)> =
            scope.strip_prefix("repository:").and_then(|scope| scope.rsplit_once(':'));
        parts.is_some_and(|(path, actions)| {
            let access = match actions {
                "pull" => Access::Pull,
                "push" | "pull,push" | "push,pull" => Access::Push,
                _ => return false,
            };
            self.covers(&Self::of(path, access))
        })
    }
}

fn text(path: &str, access: Access) -> String {
    let actions = match access {
        Access::Pull => "pull",
        Access::Push => "pull,push",
    };
    format!("repository:{path}:{actions}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_that_is_pushed_to_comes_first() {
        let scopes = Scopes::of("a/b", Access::Push).and_pull("c").and_pull("a/b");
        assert_eq!(scopes.texts(None), ["repository:a/b:pull,push", "repository:c:pull"]);
        let asked = "repository:a/b:pull repository:c:pull,push registry:catalog:*";
        assert_eq!(
            scopes.texts(Some(asked)),
            ["repository:a/b:pull,push", "repository:c:pull", "repository:c:pull,push", "registry:catalog:*"]
        );
    }

    #[test]
    fn who_may_push_may_pull() {
        let (pull, push) = (Scopes::of("a", Access::Pull), Scopes::of("a", Access::Push));
        assert!(push.covers(&pull) && !pull.covers(&push));
        assert!(push.clone().and_pull("b").covers(&push) && !push.covers(&push.clone().and_pull("b")));
    }
}
