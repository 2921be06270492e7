//! Who may come in, and tokens.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::http::{Request, Response, form};
use super::quirks::Auth;
use super::{Host, Site};

/// The one who may come in.
pub(crate) const USER: &str = "ci";
/// And the password, which must stand nowhere but in the one header.
pub(crate) const PASSWORD: &str = "correct-horse";
/// What stands for both where a registry has given it.
pub(crate) const IDENTITY_TOKEN: &str = "identity-of-ci";
/// `USER:PASSWORD`, encoded.
pub(crate) const BASIC: &str = "Basic Y2k6Y29ycmVjdC1ob3JzZQ==";

/// The identity token as a password, where it cannot be sent otherwise.
pub(crate) const IDENTITY_BASIC: &str = "Basic PHRva2VuPjppZGVudGl0eS1vZi1jaQ==";

/// A repository and what is done with it: `pull` or `push`.
type Right = (String, String);

/// What tokens are good for.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    grants: BTreeMap<String, Grant>,
    given: usize,
}

#[derive(Debug)]
struct Grant {
    rights: BTreeSet<Right>,
    uses: usize,
}

impl Site {
    /// The challenge, if the request does not bring what these rights take.
    pub(super) fn challenge(&self, request: &Request, needed: &[Right]) -> Option<Response> {
        let authorization = request.header("Authorization").unwrap_or_default();
        let challenge = match self.quirks.auth {
            Auth::Open => return None,
            Auth::Basic if authorization == BASIC => return None,
            Auth::Basic => r#"Basic realm="Registry Realm""#.to_string(),
            Auth::Bearer if self.takes(authorization, needed) => return None,
            Auth::Bearer => self.bearer(needed),
        };
        Some(refused(401, "UNAUTHORIZED", "authentication required").with("WWW-Authenticate", challenge))
    }

    /// The challenge that leads to a token.
    pub(super) fn bearer(&self, needed: &[Right]) -> String {
        let scope: Vec<String> = needed
            .iter()
            .map(|(repository, action)| {
                let actions = if action == "push" { "pull,push" } else { action };
                format!("repository:{repository}:{actions}")
            })
            .collect();
        let realm = format!("http://{}/token", self.address(Host::Tokens));
        let scope = scope.join(" ");
        format!(r#"Bearer realm="{realm}",service="faulty, the registry",scope="{scope}""#)
    }

    fn takes(&self, authorization: &str, needed: &[Right]) -> bool {
        let mut tokens = self.tokens.lock().expect("nobody panicked");
        let token = authorization.strip_prefix("Bearer ").unwrap_or_default();
        let Some(grant) = tokens.grants.get_mut(token).filter(|grant| grant.uses > 0) else { return false };
        let good = needed.iter().all(|right| grant.rights.contains(right));
        grant.uses -= usize::from(good);
        good
    }

    /// Gives a token for the password, or for the identity token.
    pub(super) fn token(&self, request: &Request, body: &[u8]) -> Response {
        let body = String::from_utf8_lossy(body);
        let (scopes, known) = if request.method == "POST" {
            let refresh = form(&body, "refresh_token");
            (form(&body, "scope").join(" "), refresh == [IDENTITY_TOKEN])
        } else {
            let scopes = request.parameters("scope").join(" ");
            (scopes, matches!(request.header("Authorization"), Some(BASIC | IDENTITY_BASIC)))
        };
        if request.method == "POST" && !self.quirks.oauth {
            return Response::new(404);
        }
        if !known {
            return refused(401, "UNAUTHORIZED", "incorrect username or password");
        }
        let token = self.give(&scopes);
        let answer = json!({self.quirks.token_name: token, "expires_in": 300});
        Response::new(200).body("application/json", answer.to_string())
    }

    fn give(&self, scopes: &str) -> String {
        let mut tokens = self.tokens.lock().expect("nobody panicked");
        tokens.given += 1;
        let token = format!("token-{}", tokens.given);
        let rights = scopes.split(' ').flat_map(rights).collect();
        tokens.grants.insert(token.clone(), Grant { rights, uses: self.quirks.token_uses });
        token
    }
}

/// `repository:NAME:ACTION,ACTION`.
fn rights(scope: &str) -> Vec<Right> {
    let Some((repository, actions)) =
        scope.strip_prefix("repository:").and_then(|rest| rest.rsplit_once(':'))
    else {
        return Vec::new();
    };
    actions.split(',').map(|action| (repository.to_string(), action.to_string())).collect()
}

/// An error as registries write it (distribution-spec, "Error Codes").
pub(super) fn refused(status: u16, code: &str, message: &str) -> Response {
    let errors = json!({"errors": [{"code": code, "message": message}]});
    Response::new(status).body("application/json", errors.to_string())
}
