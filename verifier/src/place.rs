//! Where permissions and roles stand in a token, read once with the options.

use laika_claims::ErrorCode;
use laika_claims::json::{self, Object, Seen};
use laika_claims::text::split_at_first;

use crate::error::VerifyError;

/// A place among claims: a name or JSON pointer (RFC 6901), in which `{audience}` is each audience.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// All of it, or what stands before `{audience}`.
    start: String,
    /// What stands after `{audience}`.
    end: Option<String>,
}

/// What a text means where an array of texts would also do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Single {
    /// It is an error.
    Refused,
    /// One item.
    Whole,
    /// Items with spaces between them, as in `scope` (RFC 6749 section 3.3).
    Split,
}

impl Place {
    pub(crate) fn parse(text: &str) -> Self {
        let mut before = 0;
        while let (brace, Some(rest)) = split_at_first(text.get(before..).unwrap_or_default(), b'{')
        {
            let start = before + brace.len();
            if let Some(end) = rest.strip_prefix("audience}") {
                let start = text.get(..start).unwrap_or_default().to_owned();
                return Self { start, end: Some(end.to_owned()) };
            }
            before = start + 1;
        }
        Self { start: text.to_owned(), end: None }
    }

    fn is_pointer(&self) -> bool {
        self.start.starts_with('/')
    }

    /// Adds the claims that it leads to or into, for these audiences.
    pub(crate) fn add_claims(&self, audiences: &[String], claims: &mut Vec<String>) {
        let mut add = |place: &str| {
            let pointer = self.is_pointer();
            claims.push(if pointer { json::member_of(place) } else { place.to_owned() });
        };
        match &self.end {
            None => add(&self.start),
            Some(end) => audiences.iter().for_each(|audience| add(&self.of(audience, end))),
        }
    }

    /// The place for one audience, where `end` stands after it.
    fn of(&self, audience: &str, end: &str) -> String {
        let mut place = self.start.clone();
        for char in audience.chars() {
            // RFC 6901 section 3: `/` and `~` of a name are escaped in a pointer.
            match char {
                '~' if self.is_pointer() => place.push_str("~0"),
                '/' if self.is_pointer() => place.push_str("~1"),
                char => place.push(char),
            }
        }
        place.push_str(end);
        place
    }
}

/// The texts that stand at `places`.
///
/// # Errors
/// `claim_invalid` when what stands there is neither an array of texts nor an accepted text.
pub(crate) fn texts_at(
    claims: &Object,
    places: &[Place],
    audiences: &[&str],
    single: Single,
) -> Result<Vec<String>, VerifyError> {
    let mut texts = Vec::new();
    for place in places {
        let pointer = place.is_pointer();
        let Some(end) = &place.end else {
            read(claims, &place.start, pointer, single, &mut texts)?;
            continue;
        };
        for audience in audiences {
            read(claims, &place.of(audience, end), pointer, single, &mut texts)?;
        }
    }
    Ok(texts)
}

/// Adds what stands at one place to `texts`.
fn read(
    claims: &Object,
    place: &str,
    pointer: bool,
    single: Single,
    texts: &mut Vec<String>,
) -> Result<(), VerifyError> {
    let found = match pointer {
        true => json::look_up(claims, place).map(Seen::Made),
        false => claims.member(place),
    };
    let Some(found) = found else { return Ok(()) };
    match (found.text(), single) {
        (Some(text), Single::Split) => {
            texts.extend(text.split(' ').filter(|part| !part.is_empty()).map(str::to_owned));
        }
        (Some(text), Single::Whole) => texts.push(text.to_owned()),
        (Some(_), Single::Refused) | (None, _) => {
            let items = found.texts().ok_or_else(|| {
                let message = format_args!("the claim `{place}` is not an array of strings");
                VerifyError::claim(ErrorCode::ClaimInvalid, place, message)
            })?;
            texts.extend(items.into_iter().map(str::to_owned));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audience_stands_where_it_is_named_and_nowhere_else() {
        let place = |start: &str, end: Option<&str>| Place {
            start: start.to_owned(),
            end: end.map(str::to_owned),
        };
        for (text, expected) in [
            ("", place("", None)),
            ("roles", place("roles", None)),
            ("/a/{audience}/roles", place("/a/", Some("/roles"))),
            ("{audience}", place("", Some(""))),
            ("{{audience}", place("{", Some(""))),
            ("/{a}/{audience}", place("/{a}/", Some(""))),
            ("{audience", place("{audience", None)),
            ("é{audience}{audience}", place("é", Some("{audience}"))),
            ("/{", place("/{", None)),
        ] {
            assert_eq!(Place::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn an_audience_in_a_name_is_written_as_it_is() {
        let claims = br#"{"https://orders.example/roles":["one"],"/~1":["two"]}"#;
        let claims = Object::parse(claims.to_vec(), json::TOKEN_LIMITS).unwrap();
        let found = |place: &str, audience: &str| {
            texts_at(&claims, &[Place::parse(place)], &[audience], Single::Refused).unwrap()
        };
        assert_eq!(found("{audience}/roles", "https://orders.example"), ["one"]);
        assert_eq!(found("{audience}", "/~1"), ["two"], "no pointer, whatever the audience is");
        let claims = |place: &str| {
            let mut claims = Vec::new();
            Place::parse(place).add_claims(&["/a".into(), "b".into()], &mut claims);
            claims
        };
        assert_eq!(claims("roles"), ["roles"]);
        assert_eq!(claims("/access/{audience}/roles"), ["access", "access"]);
        assert_eq!(claims("{audience}/roles"), ["/a/roles", "b/roles"]);
        assert_eq!(claims("/{audience}/roles"), ["/a", "b"]);
    }

    #[test]
    fn every_audience_is_looked_up_by_its_escaped_name() {
        let claims =
            br#"{"access":{"a/b~c":{"roles":["one"]},"d":{"roles":["two"]}},"more":["three"]}"#;
        let claims = Object::parse(claims.to_vec(), json::TOKEN_LIMITS).unwrap();
        let places = ["/access/{audience}/roles", "more", "absent"].map(Place::parse);
        let found = texts_at(&claims, &places, &["d", "a/b~c", "e"], Single::Refused).unwrap();
        assert_eq!(found, ["two", "one", "three"]);
    }
}
