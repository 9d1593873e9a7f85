//! Points in time as tokens write them: JSON numbers, seconds since 1970-01-01T00:00:00Z
//! (`NumericDate`, RFC 7519 section 2).

use std::cmp::Ordering;
use std::fmt;

use serde_json::Number;

/// Seconds since the Unix epoch, in UTC; a fraction is allowed.
///
/// Always from 0 to 2⁵³, so every value is exact in a JavaScript number and no comparison can meet
/// a NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timestamp(f64);

/// The largest integer below which every integer is exact in an IEEE 754 double.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0.0);

    /// `seconds` since the Unix epoch, or `None` outside 0 to 2⁵³ and for what is not a number.
    #[must_use]
    pub fn from_seconds(seconds: f64) -> Option<Self> {
        (0.0..=MAX_EXACT).contains(&seconds).then_some(Self(seconds))
    }

    /// The same moment in seconds.
    #[must_use]
    pub fn seconds(self) -> f64 {
        self.0
    }

    /// This moment moved by `seconds`, kept within the range of a `Timestamp`.
    #[must_use]
    pub fn plus(self, seconds: f64) -> Self {
        let moved = self.0 + seconds;
        Self(if moved.is_nan() { self.0 } else { moved.clamp(0.0, MAX_EXACT) })
    }

    /// Seconds from `earlier` to this moment; negative when `earlier` lies ahead.
    #[must_use]
    pub fn since(self, earlier: Self) -> f64 {
        self.0 - earlier.0
    }
}

impl Eq for Timestamp {}

impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Seconds as JSON and messages write them: `60`, `0.5`.
///
/// Not by the standard library's way of writing doubles, which alone is 14 kB of a WebAssembly
/// module.
#[derive(Debug, Clone, Copy)]
pub struct Seconds(pub f64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.fract() == 0.0 && self.0.abs() <= MAX_EXACT {
            return fmt::Display::fmt(&(self.0 as i64), f);
        }
        match Number::from_f64(self.0) {
            Some(number) => fmt::Display::fmt(&number, f),
            None => f.write_str("?"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_no_numeric_date() {
        for seconds in [-1.0, -0.001, f64::NAN, f64::INFINITY, MAX_EXACT + 2.0] {
            assert_eq!(Timestamp::from_seconds(seconds), None, "{seconds}");
        }
        for seconds in [0.0, 0.5, 1_700_000_000.25, MAX_EXACT] {
            assert!(Timestamp::from_seconds(seconds).is_some(), "{seconds}");
        }
    }

    #[test]
    fn seconds_are_written_without_a_needless_point() {
        for (seconds, text) in [
            (0.0, "0"),
            (60.0, "60"),
            (-1.0, "-1"),
            (0.5, "0.5"),
            (1_700_000_000.25, "1700000000.25"),
            (MAX_EXACT, "9007199254740992"),
        ] {
            assert_eq!(Seconds(seconds).to_string(), text);
        }
    }

    #[test]
    fn moves_without_leaving_its_range() {
        let start = Timestamp::from_seconds(10.0).unwrap();
        assert_eq!(start.plus(-20.0).seconds(), 0.0);
        assert_eq!(start.plus(f64::INFINITY).seconds(), MAX_EXACT);
        assert_eq!(start.plus(f64::NAN), start);
        assert_eq!(start.plus(5.0).since(start), 5.0);
    }
}
