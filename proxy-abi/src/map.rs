//! Maps of headers as they cross: how many there are, two lengths for each, and the texts with a
//! zero behind each; numbers of 32 bits, little-endian.

/// A header: its name, and its value.
pub type Pair<'m> = (&'m [u8], &'m [u8]);

/// The headers of a map, which stay where they are; `None` for what is no map.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<Vec<Pair<'_>>> {
    let (count, rest) = bytes.split_first_chunk::<4>()?;
    let count = usize::try_from(u32::from_le_bytes(*count)).ok()?;
    let (lengths, mut texts) = rest.split_at_checked(count.checked_mul(8)?)?;
    let mut next = |length: &[u8; 4]| {
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (text, rest) = texts.split_at_checked(length)?;
        (_, texts) = rest.split_first()?;
        Some(text)
    };
    let mut pairs = Vec::with_capacity(count);
    for lengths in lengths.as_chunks::<8>().0 {
        let (name, value) = (lengths.first_chunk()?, lengths.last_chunk()?);
        pairs.push((next(name)?, next(value)?));
    }
    Some(pairs)
}

/// A map of these headers.
#[must_use]
pub fn write(pairs: &[(&str, &[u8])]) -> Vec<u8> {
    let size: usize = pairs.iter().map(|(name, value)| name.len() + value.len() + 10).sum();
    let mut bytes = Vec::with_capacity(size + 4);
    let number = |bytes: &mut Vec<u8>, number: usize| {
        // Memory ends at 4 GiB.
        bytes.extend(u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
    };
    number(&mut bytes, pairs.len());
    for (name, value) in pairs {
        number(&mut bytes, name.len());
        number(&mut bytes, value.len());
    }
    for (name, value) in pairs {
        for text in [name.as_bytes(), value] {
            bytes.extend(text);
            bytes.push(0);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADERS: [(&str, &[u8]); 3] =
        [(":path", b"/orders"), ("x-nothing", b""), ("x-bytes", b"\xff\0\xfe")];

    #[test]
    fn what_was_written_is_read_in_place() {
        let bytes = write(&HEADERS);
        assert!(bytes.starts_with(b"\x03\0\0\0\x05\0\0\0\x07\0\0\0\x09\0\0\0\0\0\0\0"));
        assert!(bytes.ends_with(b":path\0/orders\0x-nothing\0\0x-bytes\0\xff\0\xfe\0"));
        let pairs = read(&bytes).unwrap();
        let headers = HEADERS.map(|(name, value)| (name.as_bytes(), value));
        assert_eq!(pairs, headers);
        assert!(bytes.as_ptr_range().contains(&pairs[2].1.as_ptr()));
        assert_eq!(read(&write(&[])).unwrap(), []);
    }

    #[test]
    fn what_is_cut_short_or_lies_about_lengths_is_no_map() {
        let bytes = write(&HEADERS);
        for length in 0..bytes.len() {
            assert_eq!(read(&bytes[..length]), None, "{length} bytes");
        }
        for at in 0..28 {
            let mut other = bytes.clone();
            other[at] |= 0x80;
            assert_eq!(read(&other), None, "byte {at}");
        }
        assert_eq!(read(&[0xff; 64]), None);
    }
}
