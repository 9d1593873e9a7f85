//! Lists, a page at a time: `?limit=&cursor=` asks, `{items, next_cursor}` answers.
//!
//! A cursor is the key of the last item of a page, so pages neither skip nor repeat what was there
//! when the first one was read. Clients take it as it is.

use axum::extract::FromRequestParts;
use http::request::Parts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::extract::Query;
use crate::app::App;
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

/// Which page is asked for, of a list that nothing else narrows.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    #[schemars(range(min = 1, max = 100))]
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A page that can be read: how much of it, and where it begins. As an extractor it takes
/// [`PageQuery`]; a list that can be narrowed makes it [`of`](Self::of) a query of its own.
#[derive(Debug)]
pub struct Page<O: Order> {
    /// How many items.
    pub limit: Limit,
    /// Behind which item it begins.
    pub after: O::After,
}

/// How the items of a list are ordered, and so what a cursor of it says.
pub trait Order {
    /// The key of an item.
    type After;

    /// What comes before the first item.
    fn start() -> Self::After;

    /// Reads a cursor.
    ///
    /// # Errors
    /// It is none of this list.
    fn read(cursor: &str) -> Result<Self::After, Problem>;
}

/// By a name that is unique.
#[derive(Debug)]
pub enum ByName {}

/// By id.
#[derive(Debug)]
pub enum ById {}

/// By age, youngest first, and by id where that is the same; cursors are [`by_age`].
#[derive(Debug)]
pub enum ByAge {}

impl Order for ByName {
    type After = String;

    fn start() -> String {
        String::new()
    }

    fn read(cursor: &str) -> Result<String, Problem> {
        searchable("cursor", Some(cursor))?;
        Ok(cursor.to_owned())
    }
}

impl Order for ById {
    type After = String;

    fn start() -> String {
        String::new()
    }

    fn read(cursor: &str) -> Result<String, Problem> {
        Ok(Uuid::parse_str(cursor).map_err(|_| bad_cursor())?.to_string())
    }
}

impl Order for ByAge {
    type After = Option<(i64, String)>;

    fn start() -> Self::After {
        None
    }

    fn read(cursor: &str) -> Result<Self::After, Problem> {
        let (at, id) = cursor.split_once('.').ok_or_else(bad_cursor)?;
        let (at, id) = (at.parse().ok(), Uuid::parse_str(id).ok());
        Ok(Some(at.zip(id.map(|id| id.to_string())).ok_or_else(bad_cursor)?))
    }
}

impl<O: Order> Page<O> {
    /// The page that was asked for.
    ///
    /// # Errors
    /// The limit is not between 1 and 100, or the cursor is none of this list.
    pub fn of(limit: Option<i64>, cursor: Option<&str>) -> Result<Self, Problem> {
        let limit = Limit::parse(limit)?;
        Ok(Self { limit, after: cursor.map_or_else(|| Ok(O::start()), O::read)? })
    }
}

impl<O: Order> FromRequestParts<App> for Page<O> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Query(query) = Query::<PageQuery>::from_request_parts(parts, app).await?;
        Self::of(query.limit, query.cursor.as_deref())
    }
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

/// A time and an id, as lists by age write their cursor.
pub fn by_age(at: i64, id: impl std::fmt::Display) -> String {
    format!("{at}.{id}")
}

/// A text that is looked for, as it may reach a query: PostgreSQL's texts hold no NUL.
///
/// # Errors
/// It holds one, or is longer than anything that is looked for; naming the field.
pub fn searchable(field: &str, text: Option<&str>) -> Result<(), Problem> {
    if text.is_some_and(|text| text.contains('\0') || text.chars().count() > 256) {
        let detail = "at most 256 characters, none of them NUL";
        return Err(Problem::field(field, FieldCode::Malformed, detail));
    }
    Ok(())
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
    fn a_cursor_is_read_as_it_is_written_and_nothing_else_is() {
        let id = Uuid::from_u128(7).to_string();
        let after = Page::<ByAge>::of(None, Some(&by_age(-5, &id))).unwrap().after;
        assert_eq!(after, Some((-5, id)));
        assert_eq!(Page::<ByAge>::of(None, None).unwrap().after, None);
        for bad in ["", "5", "5.", ".5", "x.00000000-0000-0000-0000-000000000007", "5.x"] {
            assert!(Page::<ByAge>::of(None, Some(bad)).is_err(), "{bad}");
        }
        assert_eq!(Page::<ByName>::of(None, Some("orders")).unwrap().after, "orders");
        assert_eq!(Page::<ByName>::of(None, None).unwrap().after, "");
        for bad in ["a\0b".to_owned(), "x".repeat(257)] {
            assert!(Page::<ByName>::of(None, Some(&bad)).is_err(), "{bad:?}");
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
