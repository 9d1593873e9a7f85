//! How other systems write password hashes.
//!
//! | written | by |
//! |---|---|
//! | `$argon2id$v=19$m=…,t=…,p=…$…$…` | PHC strings; Django with `argon2` before it |
//! | `$2b$12$…` | bcrypt; Django with `bcrypt$` or `bcrypt_sha256$` before it |
//! | `pbkdf2_sha256$rounds$salt$base64` | Django; also `pbkdf2_sha1` |
//! | `scrypt$N$salt$r$p$base64` | Django |
//! | `pbkdf2:sha256:rounds$salt$hex` | Werkzeug; also `sha512` and `sha1` |
//! | `scrypt:N:r:p$salt$hex` | Werkzeug |
//! | `$pbkdf2-sha512$rounds$salt$hash` | passlib; also `-sha256`, and `$pbkdf2$` for SHA-1 |
//! | `$scrypt$ln=…,r=…,p=…$salt$hash` | passlib |
//! | `$6$rounds=…$salt$hash` | glibc, passlib; also `$5$` |

use std::num::NonZeroU32;
use std::str::FromStr;

use argon2::Params;
use argon2::password_hash::phc::PasswordHash;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::stored::{HashError, Prf, StoredHash};

/// bcrypt's cost is a power of two; 15 takes two seconds.
const MOST_BCRYPT_COST: u32 = 15;

/// Some two seconds. Django's default grows by a fifth with each release and is past a million.
const MOST_PBKDF2_ROUNDS: u32 = 5_000_000;

/// Some two seconds; the default of passlib is 656,000.
const MOST_CRYPT_ROUNDS: u32 = 3_000_000;

/// Bytes that scrypt may take: eight times what RFC 7914 has for interactive log-ins, N = 2^14.
const MOST_SCRYPT_MEMORY: u64 = 128 * 1024 * 1024;

/// Bytes that scrypt may walk, over all of its lanes.
const MOST_SCRYPT_WORK: u64 = 1024 * 1024 * 1024;

/// KiB that Argon2 may take.
const MOST_ARGON2_MEMORY: u32 = 1024 * 1024;

/// KiB that Argon2 may walk, over all of its passes.
const MOST_ARGON2_WORK: u64 = 4 * 1024 * 1024;

/// Bytes that passlib, and that Django and Werkzeug, take of scrypt.
const SCRYPT_OUTPUTS: [usize; 2] = [32, 64];

/// Takes a hash apart.
pub(super) fn parse(text: &str) -> Result<StoredHash, HashError> {
    let (kind, rest) = text.split_once('$').ok_or(HashError::Unknown)?;
    match kind.split(':').collect::<Vec<_>>().as_slice() {
        [""] => modular(text, rest),
        ["argon2"] => argon2(&format!("${rest}")),
        ["bcrypt"] => bcrypt(rest, false),
        ["bcrypt_sha256"] => bcrypt(rest, true),
        ["pbkdf2_sha256"] => django_pbkdf2(Prf::Sha256, rest),
        ["pbkdf2_sha1"] => django_pbkdf2(Prf::Sha1, rest),
        ["scrypt"] => django_scrypt(rest),
        ["pbkdf2", hash, rounds] => {
            let prf = match *hash {
                "sha1" => Prf::Sha1,
                "sha256" => Prf::Sha256,
                "sha512" => Prf::Sha512,
                _ => return Err(HashError::Unknown),
            };
            let (salt, output) = rest.split_once('$').ok_or(HashError::Unknown)?;
            pbkdf2(prf, number(rounds)?, salt.into(), unhex(output)?)
        }
        ["scrypt", n, r, p] => {
            let (salt, output) = rest.split_once('$').ok_or(HashError::Unknown)?;
            scrypt(log2(number(n)?)?, number(r)?, number(p)?, salt.into(), unhex(output)?)
        }
        _ => Err(HashError::Unknown),
    }
}

/// What begins with `$`: `text` is all of it, `rest` what follows.
fn modular(text: &str, rest: &str) -> Result<StoredHash, HashError> {
    let (kind, rest) = rest.split_once('$').ok_or(HashError::Unknown)?;
    match kind {
        "argon2id" | "argon2i" | "argon2d" => argon2(text),
        "2a" | "2b" | "2y" => bcrypt(text, false),
        "pbkdf2" => passlib_pbkdf2(Prf::Sha1, rest),
        "pbkdf2-sha256" => passlib_pbkdf2(Prf::Sha256, rest),
        "pbkdf2-sha512" => passlib_pbkdf2(Prf::Sha512, rest),
        "scrypt" => passlib_scrypt(rest),
        "5" | "6" => sha_crypt(text, rest),
        _ => Err(HashError::Unknown),
    }
}

fn argon2(text: &str) -> Result<StoredHash, HashError> {
    let hash = PasswordHash::new(text).map_err(|_| HashError::Unknown)?;
    let params = Params::try_from(&hash).map_err(|_| HashError::Unknown)?;
    if hash.salt.is_none() || hash.hash.is_none() {
        return Err(HashError::Unknown);
    }
    let work = u64::from(params.m_cost()).saturating_mul(params.t_cost().into());
    if params.m_cost() > MOST_ARGON2_MEMORY || work > MOST_ARGON2_WORK {
        return Err(HashError::TooCostly("Argon2 with more than 1 GiB, or 4 GiB over all passes"));
    }
    Ok(StoredHash::Argon2(text.to_owned()))
}

fn bcrypt(hash: &str, of_sha256: bool) -> Result<StoredHash, HashError> {
    // Whether it is well-formed is the crate's to say, what it costs is ours.
    let parts = bcrypt::HashParts::from_str(hash).map_err(|_| HashError::Unknown)?;
    if parts.get_cost() > MOST_BCRYPT_COST {
        return Err(HashError::TooCostly("bcrypt with a cost above 15"));
    }
    Ok(StoredHash::Bcrypt { hash: hash.to_owned(), of_sha256 })
}

fn django_pbkdf2(prf: Prf, rest: &str) -> Result<StoredHash, HashError> {
    let [rounds, salt, output] = fields(rest)?;
    pbkdf2(prf, number(rounds)?, salt.into(), decode(&STANDARD, output)?)
}

fn passlib_pbkdf2(prf: Prf, rest: &str) -> Result<StoredHash, HashError> {
    let [rounds, salt, output] = fields(rest)?;
    // Its own base64: `.` in place of `+`, and no padding.
    let adapted = |text: &str| decode(&STANDARD_NO_PAD, &text.replace('.', "+"));
    pbkdf2(prf, number(rounds)?, adapted(salt)?, adapted(output)?)
}

fn pbkdf2(prf: Prf, rounds: u32, salt: Vec<u8>, output: Vec<u8>) -> Result<StoredHash, HashError> {
    let rounds = NonZeroU32::new(rounds).ok_or(HashError::Unknown)?;
    if rounds.get() > MOST_PBKDF2_ROUNDS {
        return Err(HashError::TooCostly("PBKDF2 with more than 5,000,000 rounds"));
    }
    // A shorter output would be the beginning of the right one, and so easier to hit.
    if output.len() != prf.length() {
        return Err(HashError::Unknown);
    }
    Ok(StoredHash::Pbkdf2 { prf, rounds, salt, output })
}

fn django_scrypt(rest: &str) -> Result<StoredHash, HashError> {
    let [n, salt, r, p, output] = fields(rest)?;
    let output = decode(&STANDARD, output)?;
    scrypt(log2(number(n)?)?, number(r)?, number(p)?, salt.into(), output)
}

fn passlib_scrypt(rest: &str) -> Result<StoredHash, HashError> {
    let [params, salt, output] = fields(rest)?;
    let mut costs = params
        .split(',')
        .zip(["ln=", "r=", "p="])
        .map(|(param, name)| param.strip_prefix(name).ok_or(HashError::Unknown).and_then(number));
    let mut next = || costs.next().ok_or(HashError::Unknown)?;
    let (log_n, r, p) = (next()?, next()?, next()?);
    let decoded = |text| decode(&STANDARD_NO_PAD, text);
    scrypt(log_n, r, p, decoded(salt)?, decoded(output)?)
}

fn scrypt(
    log_n: u32,
    r: u32,
    p: u32,
    salt: Vec<u8>,
    output: Vec<u8>,
) -> Result<StoredHash, HashError> {
    let n = 1_u64.checked_shl(log_n).filter(|n| *n > 1).ok_or(HashError::Unknown)?;
    let memory = n.saturating_mul(128).saturating_mul(r.into());
    if memory > MOST_SCRYPT_MEMORY || memory.saturating_mul(p.into()) > MOST_SCRYPT_WORK {
        return Err(HashError::TooCostly("scrypt with more than 128 MiB, or 1 GiB over all lanes"));
    }
    let log_n = u8::try_from(log_n).map_err(|_| HashError::Unknown)?;
    let params = scrypt::Params::new(log_n, r, p).map_err(|_| HashError::Unknown)?;
    if !SCRYPT_OUTPUTS.contains(&output.len()) {
        return Err(HashError::Unknown);
    }
    Ok(StoredHash::Scrypt { params, salt, output })
}

fn sha_crypt(text: &str, rest: &str) -> Result<StoredHash, HashError> {
    let (rounds, fields) = match rest.strip_prefix("rounds=") {
        Some(rest) => {
            let (rounds, rest) = rest.split_once('$').ok_or(HashError::Unknown)?;
            (number(rounds)?, rest)
        }
        None => (5000, rest),
    };
    if rounds > MOST_CRYPT_ROUNDS {
        return Err(HashError::TooCostly("sha512_crypt with more than 3,000,000 rounds"));
    }
    let length = if text.starts_with("$6$") { 86 } else { 43 };
    match fields.split_once('$') {
        Some((salt, output)) if salt.len() <= 16 && output.len() == length => {
            Ok(StoredHash::ShaCrypt(text.to_owned()))
        }
        _ => Err(HashError::Unknown),
    }
}

/// Exactly `N` fields between `$`.
fn fields<const N: usize>(text: &str) -> Result<[&str; N], HashError> {
    text.split('$').collect::<Vec<_>>().try_into().map_err(|_| HashError::Unknown)
}

fn number(text: &str) -> Result<u32, HashError> {
    text.parse().map_err(|_| HashError::Unknown)
}

fn log2(n: u32) -> Result<u32, HashError> {
    if n.is_power_of_two() { Ok(n.trailing_zeros()) } else { Err(HashError::Unknown) }
}

fn decode(engine: &impl base64::Engine, text: &str) -> Result<Vec<u8>, HashError> {
    engine.decode(text).map_err(|_| HashError::Unknown)
}

fn unhex(text: &str) -> Result<Vec<u8>, HashError> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).ok_or(HashError::Unknown);
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return Err(HashError::Unknown);
    }
    pairs
        .iter()
        .map(|[high, low]| {
            u8::try_from(digit(high)? * 16 + digit(low)?).map_err(|_| HashError::Unknown)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use serde_json::Value;

    use super::super::workspace::Workspace;
    use super::*;

    /// Made by `tests/passwords/make.py` with the libraries themselves.
    const VECTORS: &str = include_str!("../../tests/passwords/vectors.json");

    fn vectors() -> Vec<Value> {
        serde_json::from_str(VECTORS).unwrap()
    }

    #[test]
    fn what_other_libraries_made_fits_its_password_only() {
        assert!(vectors().len() >= 40);
        let mut workspace = Workspace::new(1024);
        for vector in vectors() {
            let [kind, password, hash] =
                ["kind", "password", "hash"].map(|name| vector[name].as_str().unwrap());
            let hash = StoredHash::parse(hash).unwrap_or_else(|error| panic!("{kind}: {error}"));
            assert!(hash.verify(password.as_bytes(), &mut workspace).unwrap(), "{kind}");
            let longer = format!("{password} ");
            assert!(!hash.verify(longer.as_bytes(), &mut workspace).unwrap(), "{kind}");
        }
    }

    #[test]
    fn a_cut_or_changed_hash_never_fits() {
        let mut workspace = Workspace::new(1024);
        for vector in vectors().iter().step_by(2) {
            let text = vector["hash"].as_str().unwrap();
            let password = vector["password"].as_str().unwrap().as_bytes();
            let (most, last) = text.split_at(text.trim_end_matches('=').len() - 4);
            let changed: String =
                last.chars().map(|c| if c == 'a' || c == '=' { c } else { 'a' }).collect();
            for bad in [most.to_owned(), format!("{most}{changed}"), format!("{text}$x")] {
                let fits =
                    StoredHash::parse(&bad).map(|hash| hash.verify(password, &mut workspace));
                assert!(!matches!(fits, Ok(Ok(true))), "{bad}");
            }
        }
    }

    #[test]
    fn what_would_cost_too_much_is_refused_before_anything_is_computed() {
        let bcrypt = "/GPHdFPDR6kHzDIXNEDSKeFqNUOZ0RcHQVeWBqjcH4zYDVVWvDXRS";
        let output = STANDARD.encode([7; 32]);
        let hex = "07".repeat(64);
        let crypt = "a".repeat(86);
        for text in [
            format!("$2b$16${bcrypt}"),
            format!("$2b$31${bcrypt}"),
            format!("pbkdf2_sha256$5000001$salt${output}"),
            format!("pbkdf2:sha512:4294967295$salt${hex}"),
            format!("scrypt:1048576:8:1$salt${hex}"),
            format!("scrypt:32768:8:1000$salt${hex}"),
            format!("scrypt$2147483648$salt$8$1${output}"),
            format!("$6$rounds=999999999$salt${crypt}"),
            "$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHRzYWx0$".to_owned()
                + output.trim_end_matches('='),
            "$argon2id$v=19$m=65536,t=100,p=1$c29tZXNhbHRzYWx0$".to_owned()
                + output.trim_end_matches('='),
        ] {
            let error = StoredHash::parse(&text).unwrap_err();
            assert!(matches!(error, HashError::TooCostly(_)), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_no_hash_is_refused() {
        for text in [
            "",
            "$",
            "secret",
            "plain$secret",
            "$1$salt$hash",
            "$2x$10$/GPHdFPDR6kHzDIXNEDSKeFqNUOZ0RcHQVeWBqjcH4zYDVVWvDXRS",
            "$2b$10$short",
            "md5$salt$d41d8cd98f00b204e9800998ecf8427e",
            "pbkdf2_sha256$0$salt$BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=",
            "pbkdf2_sha256$1000$salt$",
            "pbkdf2_sha256$1000$salt$BwcH",
            "pbkdf2_sha256$-1$salt$BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=",
            "pbkdf2:md5:1000$salt$07070707070707070707070707070707",
            "scrypt:1000:8:1$salt$07070707070707070707070707070707",
            "scrypt:1:8:1$salt$07070707070707070707070707070707",
            "scrypt:1024:0:1$salt$07070707070707070707070707070707",
            "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzYWx0",
            "$6$salt$short",
        ] {
            assert!(StoredHash::parse(text).is_err(), "{text}");
        }
    }
}
