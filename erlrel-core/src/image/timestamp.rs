//! Moments as RFC 3339 text, from seconds since 1970: no clock is read, no time zone is known.

/// The last second of the year 9999, the last that RFC 3339 can write.
const LAST: u64 = 253_402_300_799;

/// `seconds` since 1970-01-01T00:00:00Z as RFC 3339 text in UTC; later than the year 9999 is cut to its end.
pub(crate) fn rfc3339(seconds: u64) -> String {
    let ([year, month, day], [hour, minute, second]) = date_and_time(seconds);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The date and the time of day in UTC of `seconds` since 1970; later than the year 9999 is cut to its end.
pub(crate) fn date_and_time(seconds: u64) -> ([u64; 3], [u64; 3]) {
    let seconds = seconds.min(LAST);
    let (year, month, day) = civil(seconds / 86_400);
    ([year, month, day], [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60])
}

/// The Gregorian date of a day counted from 1970-01-01.
///
/// Years are counted from March, so that the leap day is the last of its year, in eras of 400 years
/// (146,097 days), which all have the same calendar.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468; // since 0000-03-01
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (68_169_599, "1972-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_234_567_890, "2009-02-13T23:31:30Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (LAST, "9999-12-31T23:59:59Z"),
            (u64::MAX, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(seconds), text);
        }
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut last = civil(0);
        for days in 1..150_000 {
            let next = civil(days);
            let same_month = next == (last.0, last.1, last.2 + 1);
            let next_month = next == (last.0, last.1 + 1, 1) || next == (last.0 + 1, 1, 1);
            assert!(same_month || next_month && last.2 >= 28, "{last:?} -> {next:?}");
            last = next;
        }
    }
}
