//! Which proxy leads to a host, by the variables that all tools read.

use std::net::IpAddr;

use super::url::{Url, is_loopback};
use crate::environment::Environment;

/// The variable that names the proxy for this address, and what it says. None for the machine itself, and for what
/// `NO_PROXY` names.
pub(super) fn proxy_for<'a>(environment: &'a Environment, url: &Url) -> Option<(&'static str, &'a str)> {
    if is_loopback(url.host()) || is_excepted(environment, url) {
        return None;
    }
    let names = if url.is_https() {
        ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
    } else {
        // The upper-case name can be set by whoever calls a CGI script, by a header `Proxy`.
        let upper = if environment.get("REQUEST_METHOD").is_some() { "http_proxy" } else { "HTTP_PROXY" };
        [upper, "http_proxy", "ALL_PROXY", "all_proxy"]
    };
    names.into_iter().find_map(|name| environment.get(name).map(|value| (name, value)))
}

fn is_excepted(environment: &Environment, url: &Url) -> bool {
    let list = environment.get("NO_PROXY").or_else(|| environment.get("no_proxy")).unwrap_or_default();
    list.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| excepts(entry, url))
}

/// `*`, an address, a range of addresses, or a domain, which stands for all below it; with a port only for that one.
fn excepts(entry: &str, url: &Url) -> bool {
    if entry == "*" {
        return true;
    }
    if let (Some(ip), Some((network, bits))) = (url.ip(), entry.split_once('/')) {
        return in_network(ip, network, bits).unwrap_or(false);
    }
    let (name, port) = match entry.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => (name, port.parse().ok()),
        _ => (entry, None),
    };
    if port.is_some_and(|port: u16| port != url.real_port()) {
        return false;
    }
    let bare = |text: &str| text.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    let (name, host) = (bare(name.trim_start_matches('*')), bare(url.host()));
    match name.strip_prefix('.') {
        Some(domain) => host.ends_with(&format!(".{domain}")),
        None => host == name || (url.ip().is_none() && host.ends_with(&format!(".{name}"))),
    }
}

fn in_network(ip: IpAddr, network: &str, bits: &str) -> Option<bool> {
    let bits: u32 = bits.parse().ok()?;
    let (ip, network, width) = match (ip, network.parse().ok()?) {
        (IpAddr::V4(ip), IpAddr::V4(network)) => (ip.to_bits().into(), network.to_bits().into(), 32),
        (IpAddr::V6(ip), IpAddr::V6(network)) => (ip.to_bits(), network.to_bits(), 128),
        _ => return Some(false),
    };
    let shift = width - bits.min(width);
    let prefix = |address: u128| address.checked_shr(shift).unwrap_or(0);
    Some(prefix(ip) == prefix(network))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    fn proxy(pairs: &[(&str, &str)], url: &str) -> Option<String> {
        let environment = environment(pairs);
        let found = proxy_for(&environment, &Url::parse(url).expect(url));
        found.map(|(name, value)| format!("{name}={value}"))
    }

    #[test]
    fn each_scheme_has_its_proxy_and_the_machine_itself_none() {
        let both = [("HTTPS_PROXY", "http://s:1"), ("http_proxy", "http://p:1")];
        assert_eq!(proxy(&both, "https://r.example/").as_deref(), Some("HTTPS_PROXY=http://s:1"));
        assert_eq!(proxy(&both, "http://r.example/").as_deref(), Some("http_proxy=http://p:1"));
        assert_eq!(proxy(&both, "http://127.0.0.1:5000/"), None);
        assert_eq!(proxy(&both, "https://localhost/"), None);
        assert_eq!(proxy(&[("all_proxy", "x")], "https://r.example/").as_deref(), Some("all_proxy=x"));
        assert_eq!(proxy(&[("HTTP_PROXY", "x"), ("REQUEST_METHOD", "GET")], "http://r.example/"), None);
        assert_eq!(proxy(&[("HTTPS_PROXY", "")], "https://r.example/"), None);
    }

    #[test]
    fn what_no_proxy_names_is_reached_directly() {
        for (no_proxy, url, direct) in [
            ("*", "https://r.example/", true),
            ("example", "https://r.example/", true),
            ("r.example", "https://r.example/", true),
            (".example", "https://r.example/", true),
            (".r.example", "https://r.example/", false),
            ("*.example", "https://r.example/", true),
            ("xample", "https://r.example/", false),
            ("a, R.example:443", "https://r.example/", true),
            ("r.example:5000", "https://r.example/", false),
            ("10.0.0.0/8", "https://10.1.2.3:5000/", true),
            ("10.0.0.0/8", "https://11.1.2.3:5000/", false),
            ("10.0.0.0/0", "https://11.1.2.3:5000/", true),
            ("10.0.0.0/x", "https://10.1.2.3:5000/", false),
            ("10.1.2.3", "https://10.1.2.3/", true),
            ("2.3", "https://10.1.2.3/", false),
            ("fd00::/8", "https://[fd00::1]/", true),
            ("[fd00::1]:443", "https://[fd00::1]/", true),
            ("fd00::1", "https://[fd00::1]/", true),
        ] {
            let found = proxy(&[("HTTPS_PROXY", "x"), ("no_proxy", no_proxy)], url);
            assert_eq!(found.is_none(), direct, "{no_proxy} {url}");
        }
    }
}
