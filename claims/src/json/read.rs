//! The reader: one pass over the text, strings copied once and only where a value keeps them.
//!
//! It is ours, and not serde's, for its size: a WebAssembly module pays for every general way of
//! doing what is done here in one way. Fuzzing and the tests below hold it against `serde_json`.

use serde_json::{Map, Number, Value};

use super::double::nearest;
use super::{JsonError, Limits, Position};

/// What is wrong, in words, without the place.
type Fault = &'static str;

const DEEP: Fault = "nested too deeply";
const EXPECTED_VALUE: Fault = "expected value";
const BAD_NUMBER: Fault = "invalid number";
const OUT_OF_RANGE: Fault = "number out of range";
const BAD_ESCAPE: Fault = "invalid escape";

/// Reads the one value of `text`.
pub(super) fn read(text: &[u8], limits: Limits) -> Result<Value, JsonError> {
    let (text, valid) = match std::str::from_utf8(text) {
        Ok(text) => (text, true),
        Err(error) => {
            let (good, _) = text.split_at_checked(error.valid_up_to()).unwrap_or_default();
            (std::str::from_utf8(good).unwrap_or_default(), false)
        }
    };
    let mut reader = Reader { text, at: 0, members: limits.members, duplicate: None };
    if !valid {
        reader.at = text.len();
        return Err(reader.error("invalid unicode code point"));
    }
    match reader.document(limits.depth) {
        Ok(value) => Ok(value),
        Err(fault) => Err(reader.error(fault)),
    }
}

/// The string that `text` is, quotes and escapes and all.
pub(super) fn read_string(text: &str) -> Option<String> {
    let mut reader = Reader { text, at: 0, members: 0, duplicate: None };
    (reader.next() == Some(b'"')).then_some(())?;
    reader.string().ok()
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// How many more members there may be.
    members: usize,
    /// The member that came twice.
    duplicate: Option<String>,
}

impl<'t> Reader<'t> {
    fn document(&mut self, depth: usize) -> Result<Value, Fault> {
        let value = self.value(depth)?;
        match self.skip_space() {
            None => Ok(value),
            Some(_) => {
                self.at += 1;
                Err("trailing characters")
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, Fault> {
        let Some(first) = self.skip_space() else {
            return Err("EOF while parsing a value");
        };
        self.at += 1;
        Ok(match first {
            b'"' => Value::String(self.string()?),
            b'{' => Value::Object(self.object(depth.checked_sub(1).ok_or(DEEP)?)?),
            b'[' => Value::Array(self.array(depth.checked_sub(1).ok_or(DEEP)?)?),
            b't' => self.word("rue", Value::Bool(true))?,
            b'f' => self.word("alse", Value::Bool(false))?,
            b'n' => self.word("ull", Value::Null)?,
            b'-' | b'0'..=b'9' => Value::Number(self.number(first)?),
            _ => return Err(EXPECTED_VALUE),
        })
    }

    fn object(&mut self, depth: usize) -> Result<Map<String, Value>, Fault> {
        let mut object = Map::new();
        let eof = "EOF while parsing an object";
        let mut next = self.skip_space().ok_or(eof)?;
        while next != b'}' {
            self.at += 1;
            if next != b'"' {
                return Err("key must be a string");
            }
            let start = self.at;
            let name = self.string()?;
            self.members = self.members.checked_sub(1).ok_or("too many members")?;
            match self.skip_space() {
                Some(b':') => self.at += 1,
                Some(_) => return Err(self.past("expected `:`")),
                None => return Err(eof),
            }
            let value = self.value(depth)?;
            if object.insert(name, value).is_some() {
                let end = std::mem::replace(&mut self.at, start);
                self.duplicate = self.string().ok();
                self.at = end;
                return Err("duplicate member");
            }
            next = self.after_item(b'}', "expected `,` or `}`", eof)?;
        }
        self.at += 1;
        Ok(object)
    }

    fn array(&mut self, depth: usize) -> Result<Vec<Value>, Fault> {
        let mut items = Vec::new();
        let eof = "EOF while parsing a list";
        let mut next = self.skip_space().ok_or(eof)?;
        while next != b']' {
            items.push(self.value(depth)?);
            next = self.after_item(b']', "expected `,` or `]`", eof)?;
        }
        self.at += 1;
        Ok(items)
    }

    /// Past the comma after an item, if there is one; what comes then: `close`, or the next item.
    fn after_item(&mut self, close: u8, neither: Fault, eof: Fault) -> Result<u8, Fault> {
        match self.skip_space().ok_or(eof)? {
            b',' => {
                self.at += 1;
                match self.skip_space().ok_or(eof)? {
                    next if next == close => Err(self.past("trailing comma")),
                    next => Ok(next),
                }
            }
            next if next == close => Ok(next),
            _ => Err(self.past(neither)),
        }
    }

    fn word(&mut self, rest: &str, value: Value) -> Result<Value, Fault> {
        let found = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if found.starts_with(rest.as_bytes()) {
            self.at += rest.len();
            return Ok(value);
        }
        Err(self.past("expected ident"))
    }

    /// The string whose opening quote is behind.
    fn string(&mut self) -> Result<String, Fault> {
        let mut text = String::new();
        loop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            let plain = |byte: &u8| *byte >= b' ' && !matches!(byte, b'"' | b'\\');
            let length = rest.iter().position(|byte| !plain(byte)).unwrap_or(rest.len());
            let piece = self.text.get(self.at..self.at + length).unwrap_or_default();
            self.at += length;
            match self.next() {
                // The only copy, of the right size, where there is no escape.
                Some(b'"') if text.is_empty() => return Ok(piece.to_owned()),
                Some(b'"') => {
                    text.push_str(piece);
                    return Ok(text);
                }
                Some(b'\\') => {
                    text.push_str(piece);
                    text.push(self.escaped()?);
                }
                Some(_) => {
                    return Err("control character (\\u0000-\\u001F) found while parsing a string");
                }
                None => return Err(EOF_IN_STRING),
            }
        }
    }

    // This and `number` are apart, as headers and key sets have neither: engines make code of what is
    // called, and all of it before the first token.
    #[inline(never)]
    fn escaped(&mut self) -> Result<char, Fault> {
        Ok(match self.next().ok_or(EOF_IN_STRING)? {
            plain @ (b'"' | b'\\' | b'/') => char::from(plain),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let high = self.hex()?;
                let code = if (0xd800..0xdc00).contains(&high) {
                    let pair = (self.next(), self.next()) == (Some(b'\\'), Some(b'u'));
                    let low = if pair { self.hex()? } else { 0 };
                    if !(0xdc00..0xe000).contains(&low) {
                        return Err("lone leading surrogate in hex escape");
                    }
                    0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)
                } else {
                    high
                };
                char::from_u32(code).ok_or("lone leading surrogate in hex escape")?
            }
            _ => return Err(BAD_ESCAPE),
        })
    }

    fn hex(&mut self) -> Result<u32, Fault> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = char::from(self.next().ok_or(EOF_IN_STRING)?).to_digit(16);
            code = code << 4 | digit.ok_or(BAD_ESCAPE)?;
        }
        Ok(code)
    }

    /// The number that begins with `first`, which is behind.
    #[inline(never)]
    fn number(&mut self, first: u8) -> Result<Number, Fault> {
        let negative = first == b'-';
        if !negative {
            self.at -= 1;
        }
        let start = self.at;
        let mut decimal = Decimal::default();
        let zero = self.peek() == Some(b'0');
        let digits = self.digits(&mut decimal, 0)?;
        if zero && digits > 1 {
            return Err(BAD_NUMBER);
        }
        let (mut whole, mut written) = (true, 0);
        if self.peek() == Some(b'.') {
            self.at += 1;
            whole = false;
            self.digits(&mut decimal, 1)?;
        }
        let end = self.at;
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            whole = false;
            let down = self.peek() == Some(b'-');
            if down || self.peek() == Some(b'+') {
                self.at += 1;
            }
            let mut size = Decimal::default();
            self.digits(&mut size, 0)?;
            // No text is so long that such an exponent is near the bounds of a double.
            let size = if size.exponent > 0 { 1 << 30 } else { size.digits.min(1 << 30) };
            let size = i64::try_from(size).unwrap_or_default();
            written = if down { -size } else { size };
            decimal.exponent += written;
        }
        if whole && decimal.exponent == 0 {
            if !negative {
                return Ok(decimal.digits.into());
            }
            // `-0` is a double.
            if let Some(integer) = 0_i64.checked_sub_unsigned(decimal.digits)
                && integer != 0
            {
                return Ok(integer.into());
            }
        }
        let size = match decimal.double() {
            Some(size) => size,
            None => nearest(self.text.get(start..end).unwrap_or_default(), written),
        };
        // What is too large for a double was read as infinite, which no number of JSON is.
        Number::from_f64(if negative { -size } else { size }).ok_or(OUT_OF_RANGE)
    }

    /// Reads at least one digit into `decimal`, each of which stands `shift` places lower than the
    /// one before; how many there were.
    fn digits(&mut self, decimal: &mut Decimal, shift: i64) -> Result<usize, Fault> {
        let start = self.at;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            self.at += 1;
            decimal.push(digit - b'0', shift);
        }
        match self.at - start {
            0 if self.peek().is_none() => Err("EOF while parsing a value"),
            0 => Err(self.past(BAD_NUMBER)),
            count => Ok(count),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// The next byte that is no white space, which is not gone past.
    fn skip_space(&mut self) -> Option<u8> {
        loop {
            match self.peek()? {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    /// `fault`, of which the next byte is the cause.
    fn past(&mut self, fault: Fault) -> Fault {
        self.at += 1;
        fault
    }

    fn error(self, fault: Fault) -> JsonError {
        let before = self.text.as_bytes().get(..self.at).unwrap_or(self.text.as_bytes());
        let line = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let position = Position {
            line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
            column: line.len(),
        };
        let what = match self.duplicate {
            Some(name) => format!("{fault} `{name}`"),
            None => fault.to_owned(),
        };
        let Position { line, column } = position;
        let message = format!("{what} at line {line} column {column}");
        JsonError { message, position: Some(position) }
    }
}

const EOF_IN_STRING: Fault = "EOF while parsing a string";

/// `digits` × 10^`exponent`.
#[derive(Default)]
struct Decimal {
    digits: u64,
    exponent: i64,
}

impl Decimal {
    /// Adds a digit, which stands `shift` places behind the point; digits beyond the nineteenth or
    /// so are told by the exponent alone.
    fn push(&mut self, digit: u8, shift: i64) {
        let more = self.digits.checked_mul(10).and_then(|more| more.checked_add(digit.into()));
        match more {
            Some(more) if self.exponent <= 0 => {
                self.digits = more;
                self.exponent -= shift;
            }
            _ => self.exponent += 1 - shift,
        }
    }

    /// As the nearest double, where one operation on doubles that are exact gives it (W. Clinger,
    /// *How to read floating point numbers accurately*, 1990).
    fn double(&self) -> Option<f64> {
        if self.digits == 0 {
            return Some(0.0);
        }
        let exact = self.digits <= 1 << f64::MANTISSA_DIGITS;
        let power = usize::try_from(self.exponent.unsigned_abs()).ok()?;
        let power = POWERS.get(power).filter(|_| exact)?;
        let digits = self.digits as f64;
        Some(if self.exponent < 0 { digits / power } else { digits * power })
    }
}

/// The powers of ten that a double holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

#[cfg(test)]
mod tests;
