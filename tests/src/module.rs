//! A module of WebAssembly with something cut into it: a function that does something else first,
//! less memory than it may want. So the module that is shipped has no door for tests.

use std::fs;
use std::path::Path;

/// Sections by their number in the binary format (WebAssembly 1.0 section 5.5).
const IMPORTS: u8 = 2;
const MEMORY: u8 = 5;
const EXPORTS: u8 = 7;
const CODE: u8 = 10;

/// A module, section by section.
#[derive(Debug, Clone)]
pub struct Module(Vec<(u8, Vec<u8>)>);

impl Module {
    /// Reads one.
    ///
    /// # Panics
    /// When the file is none.
    #[must_use]
    pub fn read(file: &Path) -> Self {
        let bytes = fs::read(file).expect("a module");
        let mut rest = bytes.strip_prefix(b"\0asm\x01\0\0\0").expect("a module of WebAssembly");
        let mut sections = Vec::new();
        while let [number, after @ ..] = rest {
            rest = after;
            let length = take_number(&mut rest);
            sections.push((*number, take(&mut rest, length).to_vec()));
        }
        Self(sections)
    }

    /// Writes it.
    ///
    /// # Panics
    /// When the file can't be written.
    pub fn write(&self, file: &Path) {
        let mut bytes = b"\0asm\x01\0\0\0".to_vec();
        for (number, content) in &self.0 {
            bytes.push(*number);
            put_number(&mut bytes, content.len());
            bytes.extend(content);
        }
        fs::write(file, bytes).expect("the module is written");
    }

    /// Has an exported function run `code`, instructions without an end, before its own.
    ///
    /// # Panics
    /// When there is no such function.
    #[must_use]
    pub fn prepended(mut self, export: &str, code: &[u8]) -> Self {
        let at = self.exported(export) - self.imported();
        let mut rest = self.section(CODE).as_slice();
        let count = take_number(&mut rest);
        let mut section = Vec::new();
        put_number(&mut section, count);
        for index in 0..count {
            let length = take_number(&mut rest);
            let mut body = take(&mut rest, length).to_vec();
            if index == at {
                let mut after = body.as_slice();
                for _ in 0..take_number(&mut after) {
                    take_number(&mut after);
                    take(&mut after, 1);
                }
                let locals = body.len() - after.len();
                body.splice(locals..locals, code.iter().copied());
            }
            put_number(&mut section, body.len());
            section.extend(body);
        }
        *self.section(CODE) = section;
        self
    }

    /// Lets its memory grow by no more than so many pages of 64 KiB.
    ///
    /// # Panics
    /// When it has not one memory of the usual kind.
    #[must_use]
    pub fn limited(mut self, pages: usize) -> Self {
        let mut rest = self.section(MEMORY).as_slice();
        assert_eq!(take_number(&mut rest), 1, "one memory");
        let flags = take(&mut rest, 1)[0];
        assert!(flags < 2, "neither shared nor of 64 bits");
        let least = take_number(&mut rest);
        let mut section = vec![1, 1];
        put_number(&mut section, least);
        put_number(&mut section, least + pages);
        *self.section(MEMORY) = section;
        self
    }

    fn section(&mut self, number: u8) -> &mut Vec<u8> {
        let mut sections = self.0.iter_mut();
        let section = sections.find(|(other, _)| *other == number);
        &mut section.unwrap_or_else(|| panic!("no section {number}")).1
    }

    /// How many functions it imports: they are counted first.
    fn imported(&mut self) -> usize {
        let mut rest = self.section(IMPORTS).as_slice();
        let count = take_number(&mut rest);
        for _ in 0..count {
            for _ in 0..2 {
                let length = take_number(&mut rest);
                take(&mut rest, length);
            }
            assert_eq!(take(&mut rest, 1), [0], "nothing but functions is imported");
            take_number(&mut rest);
        }
        count
    }

    /// The number of an exported function.
    fn exported(&mut self, name: &str) -> usize {
        let mut rest = self.section(EXPORTS).as_slice();
        for _ in 0..take_number(&mut rest) {
            let length = take_number(&mut rest);
            let is_it = take(&mut rest, length) == name.as_bytes();
            let kind = take(&mut rest, 1)[0];
            let index = take_number(&mut rest);
            if is_it && kind == 0 {
                return index;
            }
        }
        panic!("no function `{name}` is exported");
    }
}

fn take<'b>(rest: &mut &'b [u8], length: usize) -> &'b [u8] {
    let (taken, after) = rest.split_at(length);
    *rest = after;
    taken
}

/// LEB128.
fn take_number(rest: &mut &[u8]) -> usize {
    let mut number = 0;
    for shift in (0..).step_by(7) {
        let byte = take(rest, 1)[0];
        number |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    number
}

fn put_number(to: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        to.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}
