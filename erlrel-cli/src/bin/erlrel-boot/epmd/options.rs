//! What epmd is to do, by its words and its environment.

use std::ffi::{OsStr, OsString};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::time::Duration;

use crate::dist::EPMD_PORT;
use crate::environment::Environment;
use crate::epmd::error::EpmdError;

/// As many as OTP's listens on.
const MOST_ADDRESSES: usize = 15;

/// What to do.
#[derive(Debug, PartialEq)]
pub(super) enum Action {
    /// Be the port mapper.
    Serve(Settings),
    /// The same, in the background.
    Daemon(Settings),
    /// Ask the port mapper at this port.
    Ask(Question, u16),
}

/// What to ask.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Question {
    /// Which nodes there are.
    Names,
    /// The same in detail, and which there were.
    Dump,
    /// Whether it answers, without a word.
    Started,
    /// To end.
    Kill,
    /// To forget a node.
    Stop(Vec<u8>),
}

/// How to be the port mapper.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Settings {
    /// Where it listens. Default 4369.
    pub(super) port: u16,
    /// On which addresses, besides the loopback ones. Default: on all.
    pub(super) addresses: Vec<IpAddr>,
    /// Whether it may be ended while nodes live, and told to forget one.
    pub(super) relaxed: bool,
    /// How long a connection that is no node's may be silent. Default: a minute.
    pub(super) patience: Duration,
}

impl Action {
    /// Reads the words after the program's name.
    ///
    /// # Errors
    /// A word is unknown, lacks its value or has a wrong one, or an address is none.
    pub(super) fn parse(words: &[OsString], environment: &Environment) -> Result<Self, EpmdError> {
        let mut settings = Settings::of(environment);
        let mut addresses = environment.get("ERL_EPMD_ADDRESS").map(OsStr::to_owned);
        let mut daemon = false;
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let name = word.to_string_lossy();
            match &*name {
                "-d" | "-debug" => {}
                "-daemon" => daemon = true,
                "-relaxed_command_check" => settings.relaxed = true,
                "-port" => settings.port = number(&name, words.next())?,
                "-address" => addresses = Some(value(&name, words.next())?.clone()),
                "-packet_timeout" => {
                    settings.patience = Duration::from_secs(number::<u32>(&name, words.next())?.into())
                }
                // With these OTP's plays a busy server, in order to be tested.
                "-delay_accept" | "-delay_write" => drop(number::<u32>(&name, words.next())?),
                "-systemd" => return Err(EpmdError::Systemd),
                _ => return Ok(Self::Ask(question(&name, words.as_slice())?, settings.port)),
            }
        }
        settings.addresses = addresses.as_deref().map_or(Ok(Vec::new()), parse_addresses)?;
        Ok(if daemon { Self::Daemon(settings) } else { Self::Serve(settings) })
    }
}

impl Settings {
    /// What the environment says. A port that is no number greater than 0 is passed over, as by those who ask.
    fn of(environment: &Environment) -> Self {
        let port = environment.get("ERL_EPMD_PORT").and_then(OsStr::to_str);
        Self {
            port: port
                .and_then(|port| port.trim().parse().ok())
                .filter(|port| *port > 0)
                .unwrap_or(EPMD_PORT),
            addresses: Vec::new(),
            relaxed: environment.get("ERL_EPMD_RELAXED_COMMAND_CHECK").is_some(),
            patience: Duration::from_secs(60),
        }
    }
}

/// A question is the last word, but for the name of a node.
fn question(name: &str, rest: &[OsString]) -> Result<Question, EpmdError> {
    match (name, rest) {
        ("-names", []) => Ok(Question::Names),
        ("-dump", []) => Ok(Question::Dump),
        ("-started", []) => Ok(Question::Started),
        ("-kill", []) => Ok(Question::Kill),
        ("-stop", [node]) => Ok(Question::Stop(node.clone().into_vec())),
        ("-stop", []) => Err(EpmdError::Usage("-stop needs the name of a node".into())),
        ("-names" | "-dump" | "-started" | "-kill" | "-stop", [.., word]) => {
            Err(EpmdError::Usage(format!("`{}` stands after {name}", word.to_string_lossy())))
        }
        _ => Err(EpmdError::Usage(format!("unknown word `{name}`"))),
    }
}

fn value<'a>(name: &str, word: Option<&'a OsString>) -> Result<&'a OsString, EpmdError> {
    word.ok_or_else(|| EpmdError::Usage(format!("{name} needs a value")))
}

/// A number greater than 0.
fn number<N: std::str::FromStr + Default + PartialEq>(
    name: &str,
    word: Option<&OsString>,
) -> Result<N, EpmdError> {
    let text = value(name, word)?.to_string_lossy();
    let number = text.parse().ok().filter(|number| *number != N::default());
    number.ok_or_else(|| EpmdError::Usage(format!("{name} needs a number, not `{text}`")))
}

/// Addresses with commas or blanks between them; none at all stand for all. Those of the loopback are taken as said:
/// they are listened on always.
fn parse_addresses(list: &OsStr) -> Result<Vec<IpAddr>, EpmdError> {
    let words = list.as_bytes().split(|byte| [b',', b' '].contains(byte)).filter(|word| !word.is_empty());
    let mut addresses = Vec::new();
    for word in words {
        let word = String::from_utf8_lossy(word);
        let address = word.parse().map_err(|_| EpmdError::Address(word.into_owned()))?;
        if addresses.is_empty() {
            addresses.extend([IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()]);
        }
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    match addresses.len() {
        0..=MOST_ADDRESSES => Ok(addresses),
        _ => Err(EpmdError::ManyAddresses(MOST_ADDRESSES)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Action, Question, Settings};
    use crate::environment::Environment;
    use std::ffi::OsString;
    use std::time::Duration;

    fn parse(text: impl AsRef<str>) -> Result<Action, String> {
        parse_in(text.as_ref(), [])
    }

    fn parse_in<const N: usize>(text: &str, variables: [(&str, &str); N]) -> Result<Action, String> {
        let words: Vec<OsString> = text.split_whitespace().map(OsString::from).collect();
        let parsed = Action::parse(&words, &Environment::from(variables));
        parsed.map_err(|error| error.to_string().lines().next().unwrap_or_default().into())
    }

    fn settings(action: Result<Action, String>) -> Settings {
        match action {
            Ok(Action::Serve(settings) | Action::Daemon(settings)) => settings,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn without_words_it_serves_on_its_usual_port_everywhere() {
        let usual =
            Settings { port: 4369, addresses: Vec::new(), relaxed: false, patience: Duration::from_secs(60) };
        assert_eq!(parse(""), Ok(Action::Serve(usual.clone())));
        assert_eq!(parse("-d -debug -daemon -delay_accept 1 -delay_write 2"), Ok(Action::Daemon(usual)));
    }

    #[test]
    fn words_count_more_than_the_environment() {
        let there = [("ERL_EPMD_PORT", "5000"), ("ERL_EPMD_ADDRESS", "10.0.0.1")];
        let by_environment = settings(parse_in("", there));
        assert_eq!(by_environment.port, 5000);
        assert_eq!(
            by_environment.addresses.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["127.0.0.1", "::1", "10.0.0.1"]
        );
        let by_words = settings(parse_in("-port 6000 -address ::2,127.0.0.1", there));
        assert_eq!(by_words.port, 6000);
        assert_eq!(
            by_words.addresses.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["127.0.0.1", "::1", "::2"]
        );
        for unset in ["many", "0", "-1", ""] {
            assert_eq!(settings(parse_in("", [("ERL_EPMD_PORT", unset)])).port, 4369);
        }
        assert!(settings(parse_in("-address ,", there)).addresses.is_empty());
        let relaxed = settings(parse("-relaxed_command_check -packet_timeout 3"));
        assert!(relaxed.relaxed && relaxed.patience == Duration::from_secs(3));
    }

    #[test]
    fn a_question_is_the_last_word() {
        assert_eq!(parse("-port 5000 -names"), Ok(Action::Ask(Question::Names, 5000)));
        assert_eq!(parse("-kill"), Ok(Action::Ask(Question::Kill, 4369)));
        assert_eq!(parse("-stop a"), Ok(Action::Ask(Question::Stop(b"a".to_vec()), 4369)));
        assert_eq!(parse("-names -port 5000"), Err("`5000` stands after -names".into()));
        assert_eq!(parse("-stop"), Err("-stop needs the name of a node".into()));
        assert_eq!(parse("-stop a b"), Err("`b` stands after -stop".into()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        fn message(text: impl AsRef<str>) -> String {
            parse(text).unwrap_err()
        }
        assert_eq!(message("names"), "unknown word `names`");
        assert_eq!(message("-port"), "-port needs a value");
        for wrong in ["0", "65536", "x", "-1"] {
            assert_eq!(message(format!("-port {wrong}")), format!("-port needs a number, not `{wrong}`"));
        }
        assert_eq!(message("-packet_timeout 0"), "-packet_timeout needs a number, not `0`");
        assert_eq!(message("-address localhost"), "cannot parse the IP address \"localhost\"");
        assert_eq!(
            message("-systemd"),
            "-systemd is not supported: in a container no systemd could hand over a socket"
        );
        let many: Vec<String> = (1..20).map(|last| format!("10.0.0.{last}")).collect();
        assert_eq!(
            message(format!("-address {}", many.join(","))),
            "cannot listen on more than 15 IP addresses"
        );
    }
}
