//! The pass that finds where the members of an object stand.
//!
//! It accepts nothing that the reader does not accept, and gives up where that reader is needed:
//! at an escape, a number that is no short integer, an object of very many members, and at whatever
//! is no JSON.
//!
//! Every token goes through here, in modules that are compiled to be small: what is to become part
//! of its caller says so.

use std::ops::Range;

use super::Limits;
use super::object::{Member, Name};

/// Names are compared each with each, so an object that has more members is for the reader.
const MOST_NAMES: usize = 64;
/// Integers of so many digits are exact in every way of holding a number.
const MOST_DIGITS: usize = 15;

/// Where the members of the object that `text` is stand; `None` when it is for the reader to say
/// what it is.
pub(super) fn members(text: &str, limits: Limits) -> Option<Vec<Member>> {
    // A token has about as many members.
    let names = Vec::with_capacity(16);
    let mut scanner = Scanner { text: text.as_bytes(), at: 0, left: limits.members, names };
    // All the places that follow fit.
    u32::try_from(text.len()).ok()?;
    let mut members = Vec::with_capacity(16);
    (scanner.skip_space()? == b'{').then_some(())?;
    scanner.at += 1;
    scanner.object(limits.depth.checked_sub(1)?, Some(&mut members))?;
    scanner.skip_space().is_none().then_some(members)
}

struct Scanner<'t> {
    text: &'t [u8],
    at: usize,
    /// How many more members there may be.
    left: usize,
    /// The names in the objects that are open.
    names: Vec<Name>,
}

impl Scanner<'_> {
    /// The object whose brace is behind.
    fn object(&mut self, depth: usize, mut members: Option<&mut Vec<Member>>) -> Option<()> {
        let outside = self.names.len();
        let mut next = self.skip_space()?;
        while next != b'}' {
            (next == b'"').then_some(())?;
            self.at += 1;
            let name = self.string()?;
            let name = self.add_name(outside, name)?;
            self.left = self.left.checked_sub(1)?;
            (self.skip_space()? == b':').then_some(())?;
            self.at += 1;
            self.skip_space()?;
            let start = self.at;
            self.value(depth)?;
            if let Some(members) = &mut members {
                members.push(Member { name, value: place(start, self.at) });
            }
            next = self.after_item(b'}')?;
        }
        self.at += 1;
        self.names.truncate(outside);
        Some(())
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        let mut next = self.skip_space()?;
        while next != b']' {
            self.value(depth)?;
            next = self.after_item(b']')?;
        }
        self.at += 1;
        Some(())
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        let first = self.peek()?;
        self.at += 1;
        match first {
            b'"' => self.string().map(|_| ()),
            b'{' => self.object(depth.checked_sub(1)?, None),
            b'[' => self.array(depth.checked_sub(1)?),
            b't' => self.word(b"rue"),
            b'f' => self.word(b"alse"),
            b'n' => self.word(b"ull"),
            b'-' => {
                let digit = self.peek().filter(|digit| (b'1'..=b'9').contains(digit))?;
                self.at += 1;
                self.integer(digit)
            }
            b'0'..=b'9' => self.integer(first),
            _ => None,
        }
    }

    /// The integer whose first digit is behind.
    fn integer(&mut self, first: u8) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        let more = self.at - start;
        let plain = more < MOST_DIGITS && (first != b'0' || more == 0);
        let ends = !matches!(self.peek(), Some(b'.' | b'e' | b'E'));
        (plain && ends).then_some(())
    }

    fn word(&mut self, rest: &[u8]) -> Option<()> {
        let found = self.text.get(self.at..)?.starts_with(rest);
        self.at += rest.len();
        found.then_some(())
    }

    /// The string whose opening quote is behind: what stands between its quotes.
    fn string(&mut self) -> Option<Range<u32>> {
        let start = self.at;
        let rest = self.text.get(start..)?;
        let length = rest.iter().position(|byte| *byte < b' ' || matches!(byte, b'"' | b'\\'))?;
        self.at += length + 1;
        (rest.get(length) == Some(&b'"')).then(|| place(start, start + length))
    }

    /// Notes a name of the object whose names begin at `outside`, unless it has that already.
    fn add_name(&mut self, outside: usize, place: Range<u32>) -> Option<Name> {
        let known = self.names.get(outside..)?;
        let text = self.cut(&place)?;
        let name = Name { tag: Name::tag(text), place };
        let is_same = |known: &Name| known.tag == name.tag && self.cut(&known.place) == Some(text);
        let is_new = !known.iter().any(is_same);
        (is_new && known.len() < MOST_NAMES).then_some(())?;
        self.names.push(name.clone());
        Some(name)
    }

    #[inline(always)]
    fn cut(&self, place: &Range<u32>) -> Option<&[u8]> {
        self.text.get(place.start as usize..place.end as usize)
    }

    /// Past the comma after an item, if there is one; what comes then: `close`, or the next item.
    fn after_item(&mut self, close: u8) -> Option<u8> {
        match self.skip_space()? {
            b',' => {
                self.at += 1;
                self.skip_space().filter(|next| *next != close)
            }
            next => (next == close).then_some(next),
        }
    }

    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// The next byte that is no white space, which is not gone past.
    #[inline(always)]
    fn skip_space(&mut self) -> Option<u8> {
        loop {
            match self.peek()? {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }
}

/// From one place to another, in a text whose places fit.
#[inline(always)]
fn place(start: usize, end: usize) -> Range<u32> {
    start as u32..end as u32
}
