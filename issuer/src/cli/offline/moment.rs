//! Points in time, as they are given on the command line and shown to people.

use std::time::{Duration, UNIX_EPOCH};

use laika_verifier::Timestamp;

use crate::clock::{self, Clock as _, SystemClock};

/// The year 10000, from which on RFC 3339 has no digits.
const END_OF_RFC3339: f64 = 253_402_300_800.0;

/// Reads `2026-11-24T12:00:00Z`, or Unix seconds.
pub(super) fn parse(text: &str) -> Result<Timestamp, String> {
    let seconds = text.parse().ok().or_else(|| {
        let time = humantime::parse_rfc3339(text).ok()?;
        Some(time.duration_since(UNIX_EPOCH).ok()?.as_secs_f64())
    });
    seconds
        .and_then(Timestamp::from_seconds)
        .ok_or_else(|| "write Unix seconds, or a time such as 2026-11-24T12:00:00Z".to_owned())
}

/// The time now.
#[expect(clippy::cast_precision_loss, reason = "seconds are exact up to 2⁵³")]
pub(super) fn now() -> Timestamp {
    let seconds = clock::claim_seconds(SystemClock.now()) as f64;
    Timestamp::from_seconds(seconds).unwrap_or(Timestamp::EPOCH)
}

/// `2026-11-24T12:00:00Z, in 4m 10s`.
pub(super) fn in_words(moment: Timestamp, now: Timestamp) -> String {
    let date = date(moment);
    let away = moment.since(now);
    let length = humantime::format_duration(Duration::from_secs_f64(away.abs().floor()));
    // The first two units say enough.
    let length = length.to_string().split(' ').take(2).collect::<Vec<_>>().join(" ");
    if away.abs() < 1.0 {
        format!("{date}, now")
    } else if away > 0.0 {
        format!("{date}, in {length}")
    } else {
        format!("{date}, {length} ago")
    }
}

/// `2026-11-24T12:00:00Z`.
pub(super) fn date(moment: Timestamp) -> String {
    let seconds = moment.seconds();
    if seconds >= END_OF_RFC3339 {
        return format!("{seconds} s after 1970");
    }
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs_f64(seconds)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Timestamp {
        Timestamp::from_seconds(seconds).unwrap()
    }

    #[test]
    fn both_spellings_of_a_time_are_read() {
        assert_eq!(parse("1800000000").unwrap(), at(1_800_000_000.0));
        assert_eq!(parse("2027-01-15T08:00:00Z").unwrap(), at(1_800_000_000.0));
        for bad in ["", "soon", "-1", "NaN", "inf", "1e300", "2027-01-15", "1960-01-01T00:00:00Z"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn times_are_told_in_words() {
        let now = at(1_800_000_000.0);
        assert_eq!(in_words(at(1_800_000_250.0), now), "2027-01-15T08:04:10Z, in 4m 10s");
        assert_eq!(in_words(at(1_799_996_399.0), now), "2027-01-15T06:59:59Z, 1h 1s ago");
        assert_eq!(in_words(now, now), "2027-01-15T08:00:00Z, now");
        for far in [END_OF_RFC3339 - 1.0, END_OF_RFC3339, 9_007_199_254_740_992.0, 0.0] {
            assert!(!in_words(at(far), now).is_empty());
        }
    }
}
