//! What came of each file.

use std::fmt;

/// The cases of one file that go together.
#[derive(Debug, PartialEq)]
pub struct Line {
    /// The name the crate gives it.
    pub file: String,
    /// How many cases there are.
    pub cases: usize,
    /// How they were run, or why they were not.
    pub how: How,
}

/// What happened to the cases of a line.
#[derive(Debug, PartialEq)]
pub enum How {
    /// Each was answered; these answers were not the vector's, or not that of the stated rule.
    Run {
        /// What was run: an algorithm, or the rule by which all are refused.
        what: String,
        /// Case by case, what is wrong.
        disagreements: Vec<String>,
    },
    /// There is no such algorithm here.
    NotApplicable(String),
}

/// What came of all files.
#[derive(Debug, PartialEq)]
pub struct Report {
    /// In the order of the files.
    pub lines: Vec<Line>,
}

impl Report {
    /// How many cases were run.
    #[must_use]
    pub fn run(&self) -> usize {
        let run = |line: &&Line| matches!(line.how, How::Run { .. });
        self.lines.iter().filter(run).map(|line| line.cases).sum()
    }

    /// How many cases do not apply.
    #[must_use]
    pub fn not_applicable(&self) -> usize {
        self.lines.iter().map(|line| line.cases).sum::<usize>() - self.run()
    }

    /// How many answers are wrong.
    #[must_use]
    pub fn disagreements(&self) -> usize {
        let wrong = |line: &Line| match &line.how {
            How::Run { disagreements, .. } => disagreements.len(),
            How::NotApplicable(_) => 0,
        };
        self.lines.iter().map(wrong).sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Line { file, cases, how } in &self.lines {
            match how {
                How::Run { what, disagreements } => {
                    writeln!(f, "{file:<46} {cases:>5} run: {what}")?;
                    for wrong in disagreements {
                        writeln!(f, "    WRONG {wrong}")?;
                    }
                }
                How::NotApplicable(why) => {
                    writeln!(f, "{file:<46} {cases:>5} not applicable: {why}")?;
                }
            }
        }
        writeln!(
            f,
            "{} cases run, {} answered wrongly, {} not applicable",
            self.run(),
            self.disagreements(),
            self.not_applicable()
        )
    }
}
