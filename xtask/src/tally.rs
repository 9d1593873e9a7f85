//! Counts of passed and failed tests, as test runners print them.

use std::fmt;
use std::ops::AddAssign;

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    /// Adds up every `test result: ok. 3 passed; 0 failed; ...` of `cargo test`.
    pub(crate) fn of_cargo(output: &str) -> Self {
        let mut tally = Self::default();
        for line in output.lines().filter_map(|line| line.strip_prefix("test result: ")) {
            for part in line.split(['.', ';']).map(str::trim) {
                match part.split_once(' ') {
                    Some((count, "passed")) => tally.passed += count.parse().unwrap_or(0),
                    Some((count, "failed")) => tally.failed += count.parse().unwrap_or(0),
                    _ => {}
                }
            }
        }
        tally
    }

    /// Adds up every `# pass 3` or `ℹ pass 3` (and `fail`, `cancelled`) of `node --test`.
    pub(crate) fn of_node(output: &str) -> Self {
        let mut tally = Self::default();
        for line in output.lines() {
            let Some(line) = line.strip_prefix("# ").or(line.strip_prefix("ℹ ")) else {
                continue;
            };
            match line.split_once(' ') {
                Some(("pass", count)) => tally.passed += count.parse().unwrap_or(0),
                Some(("fail" | "cancelled", count)) => tally.failed += count.parse().unwrap_or(0),
                _ => {}
            }
        }
        tally
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_and_node_are_understood() {
        let cargo = "running 3 tests\n\
            test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n\
            test result: FAILED. 10 passed; 2 failed; 0 ignored; finished in 0.01s\n";
        assert_eq!(Tally::of_cargo(cargo), Tally { passed: 13, failed: 2 });
        let node = "# tests 7\n# pass 5\n# fail 1\n# cancelled 1\nℹ pass 2\nℹ fail 0\n";
        assert_eq!(Tally::of_node(node), Tally { passed: 7, failed: 2 });
    }
}
