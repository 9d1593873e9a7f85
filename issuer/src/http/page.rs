//! Lists, a page at a time: `?limit=&cursor=` asks, `{items, next_cursor}` answers.
//!
//! A cursor is the key of the last item of a page, so pages neither skip nor repeat what was there
//! when the first one was read. Clients take it as it is.

use schemars::JsonSchema;
use serde::Serialize;

use crate::problem::{FieldCode, Problem};

/// Items of a page where nothing else is asked for.
const DEFAULT_LIMIT: i64 = 50;

/// Most items of a page.
const MAX_LIMIT: i64 = 100;

/// One page of a list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Paged<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; `null` at the end.
    pub next_cursor: Option<String>,
}

/// How many items a page has. One more is to be read, which tells whether there is a next page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(i64);

impl Limit {
    /// The limit that was asked for.
    ///
    /// # Errors
    /// It is not between 1 and 100.
    pub fn parse(written: Option<i64>) -> Result<Self, Problem> {
        let limit = written.unwrap_or(DEFAULT_LIMIT);
        if (1..=MAX_LIMIT).contains(&limit) {
            return Ok(Self(limit));
        }
        let detail = format!("choose 1 to {MAX_LIMIT}");
        Err(Problem::field("limit", FieldCode::NotAllowed, detail))
    }

    /// How many rows to read: one more than the page has.
    #[must_use]
    pub fn to_read(self) -> i64 {
        self.0 + 1
    }
}

impl<T> Paged<T> {
    /// The page of what was found with [`Limit::to_read`].
    #[must_use]
    pub fn of<R>(
        mut found: Vec<R>,
        limit: Limit,
        cursor: impl Fn(&R) -> String,
        view: impl Fn(R) -> T,
    ) -> Self {
        let size = usize::try_from(limit.0).unwrap_or_default();
        let more = found.len() > size;
        found.truncate(size);
        Self {
            next_cursor: found.last().filter(|_| more).map(cursor),
            items: found.into_iter().map(view).collect(),
        }
    }
}

/// The refusal of a text that is no cursor of the list.
#[must_use]
pub fn bad_cursor() -> Problem {
    let detail = "not a cursor of this list; take `next_cursor` as it is";
    Problem::field("cursor", FieldCode::Malformed, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_one_to_a_hundred() {
        assert_eq!(Limit::parse(None).unwrap(), Limit(DEFAULT_LIMIT));
        assert_eq!(Limit::parse(Some(100)).unwrap().to_read(), 101);
        for bad in [0, -1, 101, 1_000_000_000, i64::MAX, i64::MIN] {
            assert!(Limit::parse(Some(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_page_has_a_next_one_only_where_more_was_found() {
        let page =
            |found: Vec<i64>| Paged::of(found, Limit(2), |last| last.to_string(), |item| item * 10);
        let full = page(vec![1, 2, 3]);
        assert_eq!((full.items, full.next_cursor.as_deref()), (vec![10, 20], Some("2")));
        let last = page(vec![3, 4]);
        assert_eq!((last.items, last.next_cursor), (vec![30, 40], None));
        assert!(page(vec![]).items.is_empty());
    }
}
