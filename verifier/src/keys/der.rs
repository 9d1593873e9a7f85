//! As much of DER (X.690) as public keys are written in, read strictly: definite lengths in their
//! shortest form, and nothing left over.

/// Tags.
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const NULL: u8 = 0x05;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;

/// What is left to read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Der<'a>(pub(super) &'a [u8]);

impl<'a> Der<'a> {
    /// The content of the next value, which has this tag.
    pub(super) fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, rest) = self.0.split_first()?;
        let (first, mut rest) = rest.split_first()?;
        let length = match first {
            short @ 0..=0x7f => usize::from(*short),
            long @ 0x81..=0x82 => {
                let (bytes, after) = rest.split_at_checked(usize::from(long & 0x7f))?;
                rest = after;
                let length = bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
                // The short form, or one byte less, would have done.
                let shortest = if bytes.len() == 1 { 0x80 } else { 0x100 };
                (length >= shortest).then_some(length)?
            }
            // 64 KiB is more than any key has.
            _ => return None,
        };
        let (content, after) = rest.split_at_checked(length)?;
        self.0 = after;
        (*found == tag).then_some(content)
    }

    /// The next value, a sequence.
    pub(super) fn sequence(&mut self) -> Option<Self> {
        self.take(SEQUENCE).map(Self)
    }

    /// The next value, an integer above or equal 0, without the zero byte that keeps it positive.
    pub(super) fn unsigned(&mut self) -> Option<&'a [u8]> {
        match self.take(INTEGER)? {
            [0, rest @ ..] if rest.first().is_some_and(|first| *first >= 0x80) => Some(rest),
            [0, _, ..] | [] => None,
            [first, ..] if *first >= 0x80 => None,
            plain => Some(plain),
        }
    }

    /// The next value, a bit string of whole bytes.
    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        self.take(BIT_STRING)?.strip_prefix(&[0])
    }

    /// That nothing is left.
    pub(super) fn end(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_one_spelling() {
        let take = |bytes: &[u8]| Der(bytes).take(SEQUENCE).map(<[u8]>::len);
        assert_eq!(take(&[0x30, 0]), Some(0));
        assert_eq!(take(&[0x30, 1, 9]), Some(1));
        let long = |head: &[u8], length: usize| [head, &vec![0; length]].concat();
        assert_eq!(take(&long(&[0x30, 0x81, 0x80], 128)), Some(128));
        assert_eq!(take(&long(&[0x30, 0x82, 1, 0], 256)), Some(256));
        for bad in [
            &[][..],
            &[0x30],
            &[0x30, 1],
            &[0x31, 0],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x81, 1, 9],
            &[0x30, 0x83, 0, 0, 1, 9],
            &[0x30, 0x84],
        ] {
            assert_eq!(take(bad), None, "{bad:?}");
        }
        assert_eq!(take(&long(&[0x30, 0x81, 0x7f], 127)), None);
        assert_eq!(take(&long(&[0x30, 0x82, 0, 0xff], 255)), None);
    }

    #[test]
    fn integers_are_positive_and_shortest() {
        let unsigned = |bytes: &[u8]| {
            let mut der = vec![INTEGER, u8::try_from(bytes.len()).unwrap()];
            der.extend(bytes);
            Der(&der).unsigned().map(<[u8]>::to_vec)
        };
        assert_eq!(unsigned(&[0]), Some(vec![0]));
        assert_eq!(unsigned(&[1, 0, 1]), Some(vec![1, 0, 1]));
        assert_eq!(unsigned(&[0, 0x80]), Some(vec![0x80]));
        for bad in [&[][..], &[0x80], &[0xff, 1], &[0, 1], &[0, 0], &[0, 0, 0x80]] {
            assert_eq!(unsigned(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn bit_strings_have_whole_bytes() {
        assert_eq!(Der(&[3, 2, 0, 9]).bytes(), Some(&[9][..]));
        assert_eq!(Der(&[3, 2, 1, 9]).bytes(), None);
        assert_eq!(Der(&[3, 0]).bytes(), None);
        assert_eq!(Der(&[9]).end(), None);
    }
}
