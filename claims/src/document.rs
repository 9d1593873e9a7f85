//! A document that people write, as JSON: options and policies. Each value knows where it stands,
//! so what is not understood is refused with its place, and how to mend it.
//!
//! By hand and not by a derived `Deserialize`, whose code was a third of the WebAssembly module.
//! Places are made into text where something is refused, and nowhere else.

use std::fmt;

use serde_json::{Map, Value};

use crate::text::{list, quoted};

/// Why a document is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where it stands, such as `rules[2].require.any[0]`; empty for the whole.
    pub at: String,
    /// What is wrong and how to mend it.
    pub message: String,
}

/// What was read, or why the document is refused: in a box, so that the many results on the way of
/// a fault are small.
pub type Result<T> = std::result::Result<T, Box<Fault>>;

/// A value of a document, and where it stands.
#[derive(Debug)]
pub struct Node<'d, 'p> {
    value: &'d Value,
    place: Place<'p>,
}

/// An object of a document of which all members are known, and where it stands.
#[derive(Debug)]
pub struct Members<'d, 'p> {
    members: &'d Map<String, Value>,
    place: Place<'p>,
}

#[derive(Debug, Clone, Copy)]
enum Place<'p> {
    Whole,
    Member(&'p Place<'p>, &'p str),
    Item(&'p Place<'p>, usize),
}

impl<'d, 'p> Node<'d, 'p> {
    /// The whole document.
    #[must_use]
    pub fn whole(value: &'d Value) -> Self {
        Self { value, place: Place::Whole }
    }

    /// The value, wherever it stands.
    #[must_use]
    pub fn value(&self) -> &'d Value {
        self.value
    }

    /// The value as a string.
    ///
    /// # Errors
    /// It is of another type.
    pub fn text(&self) -> Result<&'d str> {
        self.value.as_str().ok_or_else(|| self.unexpected("a string"))
    }

    /// The value as a string of its own.
    ///
    /// # Errors
    /// It is of another type.
    pub fn owned_text(&self) -> Result<String> {
        self.text().map(str::to_owned)
    }

    /// The value as a number.
    ///
    /// # Errors
    /// It is of another type.
    pub fn number(&self) -> Result<f64> {
        self.value.as_f64().ok_or_else(|| self.unexpected("a number"))
    }

    /// The value as a whole number that can count bytes.
    ///
    /// # Errors
    /// It is of another type, negative, broken, or too large.
    pub fn size(&self) -> Result<usize> {
        let size = self.value.as_u64().and_then(|size| usize::try_from(size).ok());
        size.ok_or_else(|| self.unexpected("a whole number"))
    }

    /// The value as a boolean.
    ///
    /// # Errors
    /// It is of another type.
    pub fn switch(&self) -> Result<bool> {
        self.value.as_bool().ok_or_else(|| self.unexpected("a boolean"))
    }

    /// What stands beside the value among the words `known`.
    ///
    /// # Errors
    /// It is no string, or another one.
    pub fn word<T: Copy>(&self, known: &[(&str, T)]) -> Result<T> {
        let word = self.text()?;
        let found = known.iter().find(|(one, _)| *one == word);
        found.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let known: Vec<_> = known.iter().map(|(word, _)| *word).collect();
            let known = list(&known);
            self.refuse(format_args!("unknown variant `{}`, expected one of {known}", quoted(word)))
        })
    }

    /// The items of an array.
    ///
    /// # Errors
    /// It is of another type.
    pub fn items(&self) -> Result<impl ExactSizeIterator<Item = Node<'d, '_>>> {
        let Value::Array(items) = self.value else {
            return Err(self.unexpected("an array"));
        };
        let item = |(index, value)| Node { value, place: Place::Item(&self.place, index) };
        Ok(items.iter().enumerate().map(item))
    }

    /// The strings of an array.
    ///
    /// # Errors
    /// It, or an item of it, is of another type.
    pub fn texts(&self) -> Result<Vec<String>> {
        self.list(Node::owned_text)
    }

    /// What `read` makes of each item of an array.
    ///
    /// # Errors
    /// It is of another type, and those of `read`.
    pub fn list<'s, T>(&'s self, read: impl Fn(&Node<'d, 's>) -> Result<T>) -> Result<Vec<T>> {
        let items = self.items()?;
        // Collecting results into one is five times as much code, for each type of item.
        let mut list = Vec::with_capacity(items.len());
        for item in items {
            list.push(read(&item)?);
        }
        Ok(list)
    }

    /// The members of an object that may have any, by their names.
    ///
    /// # Errors
    /// It is of another type.
    pub fn entries(&self) -> Result<impl Iterator<Item = (&'d str, Node<'d, '_>)>> {
        let Value::Object(members) = self.value else {
            return Err(self.unexpected("an object"));
        };
        Ok(members.iter().map(|(name, value)| {
            (name.as_str(), Node { value, place: Place::Member(&self.place, name) })
        }))
    }

    /// The object, whose members are all among `known`.
    ///
    /// # Errors
    /// It is of another type, or has a member that is not known.
    pub fn members(&self, known: &[&str]) -> Result<Members<'d, 'p>> {
        let Value::Object(members) = self.value else {
            return Err(self.unexpected("an object"));
        };
        let members = Members { members, place: self.place };
        match members.members.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(members),
            Some(name) => {
                let known = list(known);
                let unknown = quoted(name);
                let message = format_args!("unknown field `{unknown}`, expected one of {known}");
                Err(members.refuse(name, message))
            }
        }
    }

    /// That the value is refused.
    #[cold]
    #[inline(never)]
    pub fn refuse(&self, message: fmt::Arguments<'_>) -> Box<Fault> {
        self.place.refuse(message)
    }

    /// That the value is of another type than `expected`.
    #[cold]
    #[inline(never)]
    pub fn unexpected(&self, expected: &str) -> Box<Fault> {
        let found = match self.value {
            Value::Null => "null".to_owned(),
            Value::Bool(value) => format!("boolean `{value}`"),
            Value::Number(number) => format!("number `{number}`"),
            Value::String(text) => format!("string \"{}\"", quoted(text)),
            Value::Array(_) => "array".to_owned(),
            Value::Object(_) => "object".to_owned(),
        };
        self.refuse(format_args!("invalid type: {found}, expected {expected}"))
    }
}

impl<'d> Members<'d, '_> {
    /// A member, if it is there.
    #[must_use]
    pub fn get<'s>(&'s self, name: &'s str) -> Option<Node<'d, 's>> {
        let value = self.members.get(name)?;
        Some(Node { value, place: Place::Member(&self.place, name) })
    }

    /// A member, if it is there and not `null`.
    #[must_use]
    pub fn given<'s>(&'s self, name: &'s str) -> Option<Node<'d, 's>> {
        self.get(name).filter(|node| !node.value.is_null())
    }

    /// A member that must be there.
    ///
    /// # Errors
    /// It is absent.
    pub fn required<'s>(&'s self, name: &'s str) -> Result<Node<'d, 's>> {
        let missing = || self.place.refuse(format_args!("missing field `{name}`"));
        self.get(name).ok_or_else(missing)
    }

    /// What `read` makes of a member, if it is there.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn read<'s, T>(
        &'s self,
        name: &'s str,
        read: impl FnOnce(&Node<'d, 's>) -> Result<T>,
    ) -> Result<Option<T>> {
        self.get(name).map(|node| read(&node)).transpose()
    }

    /// As [`Members::read`], where `null` is as good as absent.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn read_given<'s, T>(
        &'s self,
        name: &'s str,
        read: impl FnOnce(&Node<'d, 's>) -> Result<T>,
    ) -> Result<Option<T>> {
        self.given(name).map(|node| read(&node)).transpose()
    }

    /// That the object is refused.
    #[cold]
    #[inline(never)]
    pub fn refuse_all(&self, message: fmt::Arguments<'_>) -> Box<Fault> {
        self.place.refuse(message)
    }

    /// That the member `name`, which may be absent, is refused.
    #[cold]
    #[inline(never)]
    pub fn refuse(&self, name: &str, message: fmt::Arguments<'_>) -> Box<Fault> {
        Place::Member(&self.place, name).refuse(message)
    }
}

impl Place<'_> {
    #[cold]
    #[inline(never)]
    fn refuse(&self, message: fmt::Arguments<'_>) -> Box<Fault> {
        Box::new(Fault { at: self.to_string(), message: message.to_string() })
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => Ok(()),
            Self::Member(Place::Whole, name) => quoted(name).fmt(f),
            Self::Member(of, name) => write!(f, "{of}.{}", quoted(name)),
            Self::Item(of, index) => write!(f, "{of}[{index}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_refused_has_its_place() {
        let document = json!({ "rules": [{}, { "id": 7, "any": [[true]], "more": null }] });
        let whole = Node::whole(&document).members(&["rules", "version"]).unwrap();
        let at = |fault: Box<Fault>| format!("{}: {}", fault.at, fault.message);
        assert_eq!(at(whole.required("version").unwrap_err()), ": missing field `version`");
        assert_eq!(at(whole.refuse("version", format_args!("no"))), "version: no");
        let rules = whole.required("rules").unwrap();
        let rule = rules.items().unwrap().nth(1).unwrap();
        let unknown = "rules[1].more: unknown field `more`, expected one of `id`, `any`";
        assert_eq!(at(rule.members(&["id", "any"]).unwrap_err()), unknown);
        let rule = rule.members(&["id", "any", "more"]).unwrap();
        let number = "rules[1].id: invalid type: number `7`, expected a string";
        assert_eq!(at(rule.read("id", Node::text).unwrap_err()), number);
        let any = rule.required("any").unwrap();
        let inner = any.items().unwrap().next().unwrap();
        let boolean = "rules[1].any[0][0]: invalid type: boolean `true`, expected a string";
        assert_eq!(at(inner.texts().unwrap_err()), boolean);
        assert_eq!(rule.read_given("more", Node::text), Ok(None));
        let null = "rules[1].more: invalid type: null, expected a string";
        assert_eq!(at(rule.read("more", Node::text).unwrap_err()), null);
        let words = [("seven", 7)];
        let word = |text: &str| Node::whole(&text.into()).word(&words).map_err(at);
        assert_eq!(word("seven"), Ok(7));
        assert_eq!(
            word("six\n"),
            Err(": unknown variant `six\\n`, expected one of `seven`".into())
        );
    }

    #[test]
    fn values_are_of_their_type_alone() {
        let document = json!(["a", 1, 1.5, -1, true, null, [], {}]);
        let whole = Node::whole(&document);
        let fits = |read: &dyn Fn(&Node<'_, '_>) -> bool| -> Vec<bool> {
            whole.items().unwrap().map(|node| read(&node)).collect()
        };
        for (found, which) in [
            (fits(&|node| node.text().is_ok()), [1, 0, 0, 0, 0, 0, 0, 0]),
            (fits(&|node| node.number().is_ok()), [0, 1, 1, 1, 0, 0, 0, 0]),
            (fits(&|node| node.size().is_ok()), [0, 1, 0, 0, 0, 0, 0, 0]),
            (fits(&|node| node.switch().is_ok()), [0, 0, 0, 0, 1, 0, 0, 0]),
            (fits(&|node| node.items().is_ok()), [0, 0, 0, 0, 0, 0, 1, 0]),
            (fits(&|node| node.members(&[]).is_ok()), [0, 0, 0, 0, 0, 0, 0, 1]),
        ] {
            assert_eq!(found, which.map(|fits| fits == 1));
        }
    }
}
