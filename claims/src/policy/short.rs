//! Texts that are short, nearly always, and then stand where they are compared.

/// A text: up to `N` bytes of it stand here. One that is longer stands among others, and here where it
/// begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Short<const N: usize> {
    length: u16,
    bytes: [u8; N],
}

impl<const N: usize> Default for Short<N> {
    fn default() -> Self {
        Self { length: 0, bytes: [0; N] }
    }
}

impl<const N: usize> Short<N> {
    /// Adds `text` to the `long` ones, if it is one of them; `None` where that is not possible.
    pub(super) fn new(text: &str, long: &mut String) -> Option<Self> {
        let mut short = Self { length: u16::try_from(text.len()).ok()?, bytes: [0; N] };
        if let Some(bytes) = short.bytes.get_mut(..text.len()) {
            bytes.copy_from_slice(text.as_bytes());
        } else {
            *short.bytes.first_chunk_mut()? = u32::try_from(long.len()).ok()?.to_le_bytes();
            long.push_str(text);
        }
        Some(short)
    }

    /// The text; `long` are those that it was made with.
    pub(super) fn get<'t>(&'t self, long: &'t str) -> &'t [u8] {
        let length = usize::from(self.length);
        self.bytes.get(..length).unwrap_or_else(|| {
            let start = self.bytes.first_chunk().map_or(0, |start| u32::from_le_bytes(*start));
            long.as_bytes()
                .get(start as usize..)
                .and_then(|rest| rest.get(..length))
                .unwrap_or_default()
        })
    }

    /// Whether it is `text`.
    pub(super) fn is(&self, text: &[u8], long: &str) -> bool {
        usize::from(self.length) == text.len() && self.get(long) == text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_every_length_are_kept() {
        let mut long = String::new();
        let texts: Vec<_> =
            (0..40).map(|length| "abcdefghij".repeat(4)[..length].to_owned()).collect();
        let kept: Vec<_> =
            texts.iter().map(|text| Short::<12>::new(text, &mut long).unwrap()).collect();
        for (place, (text, short)) in texts.iter().zip(&kept).enumerate() {
            assert_eq!(short.get(&long), text.as_bytes());
            for (other, text) in texts.iter().enumerate() {
                assert_eq!(short.is(text.as_bytes(), &long), place == other);
            }
        }
        assert_eq!(long.len(), (13..40).sum::<usize>());
        assert!(Short::<12>::new(&"a".repeat(65_536), &mut long).is_none());
    }
}
