//! The values that options have, whoever writes them: rebar.config or a command line.

use std::time::Duration;

use super::Beams;
use crate::image::config::Port;
use crate::tree::TreePath;

/// A value as it is needed, or what it must be.
pub type Value<T> = Result<T, &'static str>;

/// `USER` or `USER:GROUP`, by name or number.
///
/// # Errors
/// For any other text.
pub fn user(text: &str) -> Value<String> {
    let is_name = |part: &str| !part.is_empty() && !part.contains(char::is_whitespace);
    let valid = text.split(':').count() <= 2 && text.split(':').all(is_name);
    if valid { Ok(text.into()) } else { Err("`USER` or `USER:GROUP`, by name or number") }
}

/// A working directory: an absolute path, without `.` and `..`.
///
/// # Errors
/// For any other text.
pub fn workdir(text: &str) -> Value<String> {
    let wrong = "an absolute path, without `..`";
    let below = text.strip_prefix('/').ok_or(wrong)?;
    if below.split('/').all(|part| matches!(part, "" | ".")) {
        return Ok("/".into());
    }
    TreePath::new(below).map(|path| format!("/{path}")).map_err(|_| wrong)
}

/// A path that a volume is mounted on.
///
/// # Errors
/// When it is not absolute, has `..`, or is the root.
pub fn volume(text: &str) -> Value<String> {
    workdir(text).ok().filter(|path| path != "/").ok_or("an absolute path below `/`, without `..`")
}

/// Where engines mount something of their own, or a container has its writable files.
const MOUNTED: [&str; 4] = ["dev", "proc", "sys", "tmp"];

/// The directory of a release in an image.
///
/// # Errors
/// When it is not absolute, has `..`, is the root, or lies where something else is mounted.
pub fn prefix(text: &str) -> Value<String> {
    let is_own = |path: &String| path.split('/').nth(1).is_some_and(|first| !MOUNTED.contains(&first));
    volume(text).ok().filter(is_own).ok_or(
        "an absolute path below `/`, without `..`, and not in `/dev`, `/proc`, `/sys` and `/tmp`, over which containers \
         have something else",
    )
}

/// The signals of Linux (signal(7)), without their `SIG`.
const SIGNALS: [&str; 34] = [
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE",
    "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU",
    "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ",
];

/// A signal by name, such as `SIGTERM` or `SIGRTMIN+3`, or by number. Engines take it without `SIG` too.
///
/// # Errors
/// For any other text.
pub fn stop_signal(text: &str) -> Value<String> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let number = |text: &str, most: u8| {
        digits(text) && text.parse().is_ok_and(|number: u8| (1..=most).contains(&number))
    };
    let name = text.strip_prefix("SIG").unwrap_or(text);
    let is_real_time = match (name.strip_prefix("RTMIN"), name.strip_prefix("RTMAX")) {
        (Some(rest), _) => rest.is_empty() || rest.strip_prefix('+').is_some_and(|rest| number(rest, 15)),
        (_, Some(rest)) => rest.is_empty() || rest.strip_prefix('-').is_some_and(|rest| number(rest, 14)),
        _ => false,
    };
    let valid = SIGNALS.contains(&name) || is_real_time || number(text, 64);
    if valid { Ok(text.into()) } else { Err("a signal such as `SIGTERM` or `SIGRTMIN+3`, or its number") }
}

/// `keep`, `strip` or `canonical`.
///
/// # Errors
/// For any other text.
pub fn beams(text: &str) -> Value<Beams> {
    match text {
        "keep" => Ok(Beams::Keep),
        "strip" => Ok(Beams::Strip),
        "canonical" => Ok(Beams::Canonical),
        _ => Err("`keep`, `strip` or `canonical`"),
    }
}

/// `8080`, `8080/udp`, or several as `8080-8090` or `8080-8090/udp`.
///
/// # Errors
/// For any other text.
pub fn ports(text: &str) -> Value<Vec<Port>> {
    let wrong = "a port such as `8080` or `8053/udp`, or several as `8080-8090`";
    let (numbers, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
    let port = |number: &str| Port::parse(&format!("{number}/{protocol}")).ok_or(wrong);
    let (first, last) = (port(first)?, port(last)?);
    if first.number > last.number {
        return Err(wrong);
    }
    Ok((first.number..=last.number).map(|number| Port { number, ..first }).collect())
}

/// The units of Docker's durations, in nanoseconds.
const UNITS: [(&str, f64); 7] =
    [("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9)];

/// A time as Docker writes it: `30s`, `1m30s`, `1.5h`; at least a millisecond, as engines want it.
///
/// # Errors
/// For any other text.
pub fn duration(text: &str) -> Value<Duration> {
    let wrong = "a time of at least a millisecond, such as `30s`, `1m30s` or `500ms`";
    let mut rest = text;
    let mut nanoseconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or(wrong)?;
        let (number, behind) = rest.split_at(digits);
        let end = behind.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(behind.len());
        let (name, after) = behind.split_at(end);
        let (_, unit) = UNITS.iter().find(|(unit, _)| *unit == name).ok_or(wrong)?;
        nanoseconds += number.parse::<f64>().map_err(|_| wrong)? * unit;
        rest = after;
    }
    let in_range = (1e6..9e18).contains(&nanoseconds);
    if in_range { Ok(Duration::from_nanos(nanoseconds.round() as u64)) } else { Err(wrong) }
}

/// The units of sizes, in bytes; their letters may be upper or lower case.
const SIZES: [(&str, u64); 10] = [
    ("", 1),
    ("b", 1),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
];

/// A size: a whole number of bytes, or of units such as `MB` or `MiB`.
///
/// # Errors
/// For any other text.
pub fn size(text: &str) -> Value<u64> {
    let wrong = "a number of bytes, or a number and a unit: kB, MB, GB, TB, KiB, MiB, GiB, TiB";
    let (number, unit) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
    let unit = unit.trim_start().to_ascii_lowercase();
    let (_, factor) = SIZES.iter().find(|(name, _)| *name == unit).ok_or(wrong)?;
    number.parse::<u64>().ok().and_then(|number| number.checked_mul(*factor)).ok_or(wrong)
}

/// A name that a variable can have.
///
/// # Errors
/// When it is empty or has `=`, which ends a name.
pub fn variable(text: &str) -> Value<String> {
    let valid = !text.is_empty() && !text.contains(['=', '\0']);
    if valid { Ok(text.into()) } else { Err("a name, which is not empty and has no `=`") }
}

/// The key of a label or an annotation.
///
/// # Errors
/// When it is empty.
pub fn key(text: &str) -> Value<String> {
    if text.is_empty() { Err("a key, which is not empty") } else { Ok(text.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_names_or_numbers_with_or_without_a_group() {
        for good in ["1000", "app", "1000:1000", "app:staff"] {
            assert_eq!(user(good).as_deref(), Ok(good));
        }
        for bad in ["", "a:", ":b", "a:b:c", "no body", "a\tb"] {
            assert!(user(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn directories_are_absolute_and_stay_inside() {
        assert_eq!(workdir("/srv//data/./x/").as_deref(), Ok("/srv/data/x"));
        assert_eq!(workdir("/").as_deref(), Ok("/"));
        for bad in ["", "data", "./data", "/a/../b", "/a\0"] {
            assert!(workdir(bad).is_err(), "{bad}");
        }
        assert!(volume("/").is_err() && volume("//.").is_err());
        assert_eq!(prefix("/srv/shop").as_deref(), Ok("/srv/shop"));
        assert_eq!(prefix("/tmpfs").as_deref(), Ok("/tmpfs"));
        for bad in ["/", "/tmp", "/tmp/shop", "/proc/1", "/dev/shop", "shop"] {
            assert!(prefix(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn signals_have_a_name_or_a_number() {
        for good in ["SIGTERM", "QUIT", "SIGRTMIN", "SIGRTMIN+3", "SIGRTMAX-14", "15", "64"] {
            assert_eq!(stop_signal(good).as_deref(), Ok(good));
        }
        for bad in ["", "SIG", "SIGTERN", "sigterm", "0", "65", "+1", "SIGRTMIN+16", "SIGRTMIN+", "SIG15"] {
            assert!(stop_signal(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn ports_may_be_a_range() {
        let shown = |text| ports(text).map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(shown("8080"), Ok(vec!["8080/tcp".into()]));
        assert_eq!(shown("53-55/udp"), Ok(vec!["53/udp".into(), "54/udp".into(), "55/udp".into()]));
        for bad in ["", "80-", "-80", "90-80", "0-2", "80/icmp", "80-81-82", "1-70000"] {
            assert!(ports(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes_have_units() {
        let sizes = ["0", "12", "2GB", "1 gib", "500MB", "3kB"].map(size);
        assert_eq!(sizes, [0, 12, 2_000_000_000, 1 << 30, 500_000_000, 3_000].map(Ok));
        for wrong in ["", "GB", "-1", "1.5GB", "2XB", "99999999999TB", "ü"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_are_read_as_docker_reads_them() {
        let milliseconds = |text| duration(text).map(|time| time.as_millis());
        assert_eq!(milliseconds("30s"), Ok(30_000));
        assert_eq!(milliseconds("1m30s"), Ok(90_000));
        assert_eq!(milliseconds("1.5h"), Ok(5_400_000));
        assert_eq!(milliseconds("500ms"), Ok(500));
        assert_eq!(milliseconds("2000us"), Ok(2));
        for bad in ["", "30", "s", "30 s", "-1s", "1d", "0s", "100us", "1..5s", "300000000h", "."] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
