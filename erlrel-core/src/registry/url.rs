//! Addresses, as far as a registry needs them: where to, what a `Location` means, and whether it is the same host.

use std::fmt;
use std::net::IpAddr;

/// How a host is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// An absolute address without user and fragment.
///
/// Displayed without its query, which may be a signature.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Url {
    pub(super) scheme: Scheme,
    /// In lower case; an IPv6 address has its brackets.
    host: String,
    port: Option<u16>,
    /// From the first `/` on.
    path: String,
    query: Option<String>,
}

impl Url {
    /// The root of a host, `HOST` or `HOST:PORT`.
    pub(super) fn of_host(scheme: Scheme, host: &str) -> Option<Self> {
        Self::parse(&format!("{}://{host}/", scheme.name()))
    }

    /// Reads an absolute address. A user in it is refused: it would be sent where it says.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return None,
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at_checked(end)?;
        let (host, port) = split_port(authority)?;
        let (path, query) = split_path(rest)?;
        let path = if path.is_empty() { "/".into() } else { path };
        Some(Self { scheme, host: host.to_ascii_lowercase(), port, path, query })
    }

    /// What `location`, absolute or relative, means in an answer to this address (RFC 3986, 5.2).
    pub(super) fn join(&self, location: &str) -> Option<Self> {
        if location.contains("://") && !location.starts_with(['/', '?', '.']) {
            return Self::parse(location);
        }
        if let Some(rest) = location.strip_prefix("//") {
            return Self::parse(&format!("{}://{rest}", self.scheme.name()));
        }
        let (path, query) = split_path(location)?;
        let path = match path.as_str() {
            "" => self.path.clone(),
            path if path.starts_with('/') => path.into(),
            path => format!("{}{path}", self.path.get(..=self.path.rfind('/')?)?),
        };
        Some(Self { path: without_dots(&path), query, ..self.clone() })
    }

    /// This address with another path, which begins with `/`.
    pub(super) fn with_path(&self, path: &str) -> Self {
        Self { path: path.into(), query: None, ..self.clone() }
    }

    /// This address with one more parameter, whatever its query has already.
    pub(super) fn with_parameter(&self, name: &str, value: &str) -> Self {
        let parameter = format!("{name}={}", encode(value));
        let query = match self.query.as_deref() {
            None | Some("") => parameter,
            Some(query) => format!("{}&{parameter}", query.trim_end_matches('&')),
        };
        Self { query: Some(query), ..self.clone() }
    }

    /// This address at the host, port and scheme of another.
    pub(super) fn at_origin_of(&self, other: &Self) -> Self {
        let Self { scheme, host, port, .. } = other.clone();
        Self { scheme, host, port, ..self.clone() }
    }

    /// True if scheme, host and port are the same: what is for one is for the other.
    pub(super) fn same_origin(&self, other: &Self) -> bool {
        let origin = |url: &Self| (url.scheme, url.host.clone(), url.real_port());
        origin(self) == origin(other)
    }

    /// True if it is spoken to by TLS.
    pub(super) fn is_https(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// The port that is connected to.
    pub(super) fn real_port(&self) -> u16 {
        self.port.unwrap_or(self.scheme.default_port())
    }

    /// True if it names a port.
    pub(super) fn has_port(&self) -> bool {
        self.port.is_some()
    }

    /// The host, an IPv6 address in brackets.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// `HOST`, or `HOST:PORT` if it names a port.
    pub(super) fn authority(&self) -> String {
        self.port.map_or_else(|| self.host.clone(), |port| format!("{}:{port}", self.host))
    }

    /// The path, from the first `/` on.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The whole address, as it is requested.
    pub(super) fn request(&self) -> String {
        let query = self.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        format!("{self}{query}")
    }

    /// The host as an address, if it is one.
    pub(super) fn ip(&self) -> Option<IpAddr> {
        self.host.trim_start_matches('[').trim_end_matches(']').parse().ok()
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme.name(), self.authority(), self.path)
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// True for the machine itself: 127.0.0.0/8, `::1` and `localhost`.
pub(super) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// True for an address that means another host in every network.
pub(super) fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_unspecified(),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => is_private(IpAddr::V4(ip)),
            None => {
                ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local() || ip.is_unicast_link_local()
            }
        },
    }
}

/// `text` for a query: everything but letters, digits and `-._~` as `%XX`.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte.into()),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let name = |host: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        !host.is_empty() && host.bytes().all(plain)
    };
    if let Some((ip, port)) = authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        ip.parse::<std::net::Ipv6Addr>().ok()?;
        let host = authority.get(..ip.len() + 2)?;
        return if port.is_empty() { Some((host, None)) } else { Some((host, Some(port_of(port)?))) };
    }
    match authority.split_once(':') {
        Some((host, port)) if name(host) => Some((host, Some(port_of(&format!(":{port}"))?))),
        None if name(authority) => Some((authority, None)),
        _ => None,
    }
}

fn port_of(text: &str) -> Option<u16> {
    text.strip_prefix(':')?.parse().ok().filter(|port| *port != 0)
}

/// Path and query of what lies behind the host; `None` if it has what no address may have.
fn split_path(text: &str) -> Option<(String, Option<String>)> {
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\')) {
        return None;
    }
    let text = text.split('#').next().unwrap_or_default();
    Some(match text.split_once('?') {
        Some((path, query)) => (path.into(), Some(query.into())),
        None => (text.into(), None),
    })
}

/// A path without `.` and `..` (RFC 3986, 5.2.4).
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            ".." => drop(kept.pop()),
            "." => {}
            _ => kept.push(segment),
        }
        if last && matches!(segment, "." | "..") {
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect(text)
    }

    #[test]
    fn a_location_is_read_relative_to_the_address_that_answers_with_it() {
        let base = url("https://r.example:5000/v2/a/blobs/uploads/?x=1");
        for (location, joined) in [
            ("/v2/a/blobs/uploads/1?_state=b%3D", "https://r.example:5000/v2/a/blobs/uploads/1?_state=b%3D"),
            ("1?s=2#f", "https://r.example:5000/v2/a/blobs/uploads/1?s=2"),
            ("../uploads/./1", "https://r.example:5000/v2/a/blobs/uploads/1"),
            ("?s=2", "https://r.example:5000/v2/a/blobs/uploads/?s=2"),
            ("//other.example/x", "https://other.example/x"),
            ("HTTP://Other.example:8080", "http://other.example:8080/"),
            ("http://[::1]:5000/a?b", "http://[::1]:5000/a?b"),
        ] {
            assert_eq!(base.join(location).expect(location).request(), joined);
        }
        for location in
            ["https://user:word@r.example/", "ftp://r.example/", "/a b", "https:///x", "https://r:0/"]
        {
            assert_eq!(base.join(location), None, "{location}");
        }
    }

    #[test]
    fn a_parameter_is_added_to_whatever_is_there() {
        for (text, with) in [
            ("https://r/u", "https://r/u?digest=sha256%3Aab"),
            ("https://r/u?", "https://r/u?digest=sha256%3Aab"),
            ("https://r/u?a=b&", "https://r/u?a=b&digest=sha256%3Aab"),
        ] {
            assert_eq!(url(text).with_parameter("digest", "sha256:ab").request(), with);
        }
    }

    #[test]
    fn a_signature_is_not_shown() {
        let signed = url("https://s.example/blob?X-Amz-Signature=secret");
        assert_eq!(
            (format!("{signed}"), format!("{signed:?}").contains("secret")),
            ("https://s.example/blob".into(), false)
        );
    }

    #[test]
    fn hosts_are_the_same_if_scheme_and_port_are_too() {
        let base = url("https://r.example/a");
        for (text, same) in [
            ("https://R.example:443/b", true),
            ("http://r.example/a", false),
            ("https://r.example:444/a", false),
            ("https://s.example/a", false),
        ] {
            assert_eq!(base.same_origin(&url(text)), same, "{text}");
        }
        assert!(is_loopback("127.1.2.3") && is_loopback("[::1]") && is_loopback("localhost"));
        assert!(!is_loopback("localhost.example") && !is_loopback("128.0.0.1"));
        for (ip, private) in [
            ("10.1.2.3", true),
            ("169.254.169.254", true),
            ("fd00::1", true),
            ("::ffff:10.0.0.1", true),
            ("8.8.8.8", false),
        ] {
            assert_eq!(is_private(ip.parse().expect(ip)), private, "{ip}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(base in "https?://[a-z.]{1,9}(:[0-9]{1,6})?/\\PC{0,20}", location in "(https?://)?\\PC{0,40}") {
            let parsed = Url::parse(&location);
            if let Some(url) = &parsed {
                prop_assert_eq!(Url::parse(&url.request()), parsed.clone());
            }
            if let Some(joined) = Url::parse(&base).and_then(|base| base.join(&location)) {
                prop_assert_eq!(Url::parse(&joined.request()), Some(joined));
            }
        }
    }
}
