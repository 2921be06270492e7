//! Trying again: what is worth it, and how long to wait.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::rand::{GetRandomFlags, getrandom};

use super::error::{Again, Failure, Reason};

/// How often and how patiently a registry is asked again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retries {
    /// How often something is tried again after it failed; default: 5.
    pub count: u32,
    /// The wait before the first of them, doubled each time; default: half a second. A random part of up to a half is
    /// taken off, so that many who failed together do not come back together.
    pub first_wait: Duration,
    /// The longest wait, whatever the registry asks for; default: a minute.
    pub longest_wait: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self { count: 5, first_wait: Duration::from_millis(500), longest_wait: Duration::from_secs(60) }
    }
}

/// A wait before something is tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// How long.
    pub duration: Duration,
    /// What is tried: `push the manifest 1.0 to registry/app`.
    pub action: String,
    /// Which try comes next, counted from 2.
    pub attempt: u32,
    /// Why the one before failed.
    pub why: String,
}

/// Time, as the host hands it in.
pub trait Clock: fmt::Debug + Send + Sync {
    /// Seconds since 1970. Default: unknown, and a registry that names a time to come back at is asked again after the
    /// usual wait.
    fn now(&self) -> Option<u64> {
        None
    }

    /// Waits; false to give up instead. Default: sleeps.
    fn wait(&self, pause: &Pause) -> bool {
        std::thread::sleep(pause.duration);
        true
    }

    /// A random number, evenly spread. Default: one of the operating system.
    fn random(&self) -> u32 {
        let mut bytes = [0; 4];
        let _ = getrandom(&mut bytes, GetRandomFlags::NONBLOCK);
        u32::from_ne_bytes(bytes)
    }
}

/// The clock that only knows how to sleep.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sleeping;

impl Clock for Sleeping {}

/// Does `work`, which is told how often it has been tried, until it succeeds or it is no use any more.
pub(super) fn attempts<T>(
    retries: &Retries,
    clock: &dyn Clock,
    action: &str,
    mut work: impl FnMut(u32) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut tried = 0;
    loop {
        match work(tried) {
            Ok(value) => return Ok(value),
            Err(failure) => tried = pause(retries, clock, action, tried, failure)?,
        }
    }
}

/// Waits before another try after this one failed; gives how many there were then.
///
/// # Errors
/// The failure, if it is no use to try again; [`Reason::Stopped`] if the host does not want to.
pub(super) fn pause(
    retries: &Retries,
    clock: &dyn Clock,
    action: &str,
    tried: u32,
    failure: Failure,
) -> Result<u32, Failure> {
    if failure.again == Again::No || tried >= retries.count {
        return Err(failure);
    }
    let duration = wait(retries, tried, failure.again, clock.random());
    let (action, why) = (action.to_string(), failure.reason.to_string());
    let pause = Pause { duration, action, attempt: tried + 2, why };
    if clock.wait(&pause) { Ok(tried + 1) } else { Err(Failure::of(Reason::Stopped)) }
}

/// How long to wait. What the registry asks for is a least: nobody comes earlier, and not all at once.
fn wait(retries: &Retries, tried: u32, again: Again, random: u32) -> Duration {
    let doubled = retries.first_wait.saturating_mul(1_u32.checked_shl(tried).unwrap_or(u32::MAX));
    let part = f64::from(random) / f64::from(u32::MAX) / 2.0;
    let wait = doubled.min(retries.longest_wait).mul_f64(1.0 - part);
    let least = if let Again::After(least) = again { least } else { Duration::ZERO };
    let spread = retries.first_wait.mul_f64(part);
    if least.is_zero() { wait } else { wait.max(least.saturating_add(spread)) }.min(retries.longest_wait)
}

/// What `Retry-After` says: seconds, or a time (RFC 9110, 10.2.3). A time that has passed is no wait.
pub(super) fn retry_after(value: &str, now: Option<u64>) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let time: SystemTime = httpdate::parse_http_date(value.trim()).ok()?;
    let seconds = time.duration_since(UNIX_EPOCH).ok()?.as_secs();
    Some(Duration::from_secs(seconds.saturating_sub(now?)))
}

/// The statuses that may be others next time.
pub(super) fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[derive(Debug, Default)]
    struct Recorded {
        random: u32,
        patience: Option<usize>,
        waits: Mutex<Vec<Pause>>,
    }

    impl Clock for Recorded {
        fn wait(&self, pause: &Pause) -> bool {
            let mut waits = self.waits.lock().expect("no panic");
            waits.push(pause.clone());
            self.patience.is_none_or(|patience| waits.len() <= patience)
        }

        fn random(&self) -> u32 {
            self.random
        }
    }

    impl Recorded {
        fn millis(&self) -> Vec<u128> {
            self.waits.lock().expect("no panic").iter().map(|pause| pause.duration.as_millis()).collect()
        }
    }

    fn failure(again: Again) -> Failure {
        Failure::passing(Reason::Invalid { why: "busy".into() }, again)
    }

    #[test]
    fn the_waits_double_and_end() {
        let clock = Recorded::default();
        let retries = Retries { count: 9, ..Retries::default() };
        let result: Result<(), _> = attempts(&retries, &clock, "push", |_| Err(failure(Again::Yes)));
        result.expect_err("it always fails");
        assert_eq!(clock.millis(), [500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000]);
        let spread = Recorded { random: u32::MAX, ..Recorded::default() };
        let result =
            attempts(
                &retries,
                &spread,
                "push",
                |tried| if tried < 3 { Err(failure(Again::Yes)) } else { Ok(tried) },
            );
        assert_eq!(result.expect("the fourth succeeds"), 3);
        assert_eq!(spread.millis(), [250, 500, 1000]);
        let pauses = spread.waits.into_inner().expect("no panic");
        let Pause { action, attempt, why, .. } = &pauses[0];
        assert_eq!((action.as_str(), *attempt, why.as_str()), ("push", 2, "busy"));
    }

    #[test]
    fn what_would_fail_again_is_not_tried_again() {
        let clock = Recorded::default();
        let result: Result<(), _> =
            attempts(&Retries::default(), &clock, "push", |_| Err(failure(Again::No)));
        result.expect_err("it fails");
        assert_eq!(clock.millis(), [0_u128; 0]);
    }

    #[test]
    fn who_asks_to_stop_is_heard() {
        let clock = Recorded { patience: Some(1), ..Recorded::default() };
        let result: Result<(), _> =
            attempts(&Retries::default(), &clock, "push", |_| Err(failure(Again::Yes)));
        assert!(matches!(*result.expect_err("stopped").reason, Reason::Stopped));
        assert_eq!(clock.millis().len(), 2);
    }

    #[test]
    fn a_registry_says_when_to_come_back() {
        let seconds = |text: &str| retry_after(text, Some(784_111_777)).map(|wait| wait.as_secs());
        assert_eq!(seconds("7"), Some(7));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:42 GMT"), Some(5));
        assert_eq!(seconds("Sunday, 06-Nov-94 08:49:42 GMT"), Some(5));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:30 GMT"), Some(0));
        assert_eq!(seconds("soon"), None);
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:42 GMT", None), None);

        let waits = |seconds, random| {
            let clock = Recorded { random, ..Recorded::default() };
            let again = Again::After(Duration::from_secs(seconds));
            let work = |tried| if tried == 0 { Err(failure(again)) } else { Ok(()) };
            attempts(&Retries::default(), &clock, "push", work).expect("the second succeeds");
            clock.millis()
        };
        assert_eq!(waits(7, 0), [7000]);
        assert_eq!(waits(7, u32::MAX), [7250]);
        assert_eq!(waits(0, 0), [500]);
        assert_eq!(waits(3600, 0), [60000]);
    }
}
