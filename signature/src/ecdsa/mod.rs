//! ECDSA over P-256 and P-384 (FIPS 186-5 section 6.4, RFC 7518 section 3.4).
//!
//! A key that has verified eight times gets a table of multiples of its point, with which it is more
//! than twice as fast. With the small one that it begins with, that is 63 KiB for a key on P-256
//! and 84 KiB on P-384, as long as the key lives; a key set has at most 64 keys, so tables take 6 MiB
//! at worst. The base point of a curve has tables of its own, made likewise.

use std::fmt;
use std::sync::Arc;

use super::curve::element::{Element, Field as _};
use super::curve::modulus::Modulus;
use super::curve::nist::{P256, P384};
use super::curve::weierstrass::{Curve, Point, Xyzz};
use super::curve::window::{Base, Digits, sum};
use super::hash::Hash;

/// Most bytes of a coordinate.
const MAX_BYTES: usize = 48;

/// A point of the curve that is not infinity, with the tables that are made of it.
struct Key<C: Curve<N>, const N: usize>(Base<Point<C, N>>);

impl<C: Curve<N>, const N: usize> Key<C, N> {
    /// Of big-endian coordinates, if they are below the prime and on the curve.
    fn new(x: &[u8], y: &[u8]) -> Option<Self> {
        let [x, y] = [x, y].map(|bytes| Element::canonical(&reversed(bytes), &[0; N]));
        Some(Self(Base::new(Point::new(x?, y?)?)))
    }

    fn coordinates(&self) -> [Element<C::Prime, N>; 2] {
        let Point(Xyzz { x, y, .. }) = self.0.point;
        [x, y]
    }

    /// The numbers `r` and `s` of a signature, both from 1 to below the order.
    fn scalars(signature: &[u8]) -> Option<[Element<C::Order, N>; 2]> {
        if signature.len() != 2 * C::BYTES {
            return None;
        }
        let (r, s) = signature.split_at(C::BYTES);
        let [r, s] = [r, s].map(|bytes| Element::canonical(&reversed(bytes), &[0; N]));
        let (r, s) = (r?, s?);
        (!r.is_zero() && !s.is_zero()).then_some([r, s])
    }

    /// FIPS 186-5 section 6.4.2, with a hash as long as the order, of which nothing is cut off.
    #[inline(never)]
    fn verifies(&self, hash: &[u8], signature: &[u8]) -> bool {
        let Some([scalar_r, s]) = Self::scalars(signature) else {
            return false;
        };
        let r = reversed(signature.get(..C::BYTES).unwrap_or_default());
        let inverse = s.invert();
        let u = Element::reduced(&reversed(hash)).times(&inverse);
        let v = scalar_r.times(&inverse);
        let Point(Xyzz { x, zz, .. }) =
            sum(Point::base().table(), &digits(&u), self.0.table(), &digits(&v));
        // The point at infinity has no x.
        if zz.is_zero() {
            return false;
        }
        // Whether x/zz, a number below the prime, is r modulo the order: whether it is r, or
        // r + order where that is below the prime. There is no third, as the order has as many bits
        // as the prime.
        let matches =
            |more: &[i32; N]| Element::canonical(&r, more).is_some_and(|r| x == r.times(&zz));
        matches(&[0; N]) || matches(&C::Order::PLAIN)
    }
}

fn digits<M: Modulus<N>, const N: usize>(scalar: &Element<M, N>) -> Digits {
    let mut bytes = [0; MAX_BYTES];
    scalar.write(&mut bytes);
    Digits::new(&bytes)
}

/// Little-endian bytes of big-endian ones, of which there are no more than fit.
fn reversed(bytes: &[u8]) -> [u8; MAX_BYTES] {
    let mut reversed = [0; MAX_BYTES];
    for (to, from) in reversed.iter_mut().zip(bytes.iter().rev()) {
        *to = *from;
    }
    reversed
}

/// Makes the key type of one curve.
macro_rules! key {
    ($name:ident, $curve:ident, $digits:literal, $hash:ident, $bytes:literal, $what:literal) => {
        #[doc = concat!("A public key on ", $what, " that has passed every check.")]
        #[doc = ""]
        #[doc = "Its clones share what is made to verify faster, see [the module](self)."]
        #[derive(Clone)]
        pub struct $name(Arc<Key<$curve, $digits>>);

        impl $name {
            /// A key of big-endian coordinates, each in its full length (RFC 7518 section 6.2.1).
            ///
            /// # Errors
            /// What is wrong with the key: the length of a coordinate, or not on the curve.
            pub fn new(x: &[u8], y: &[u8]) -> Result<Self, &'static str> {
                if x.len() != $bytes || y.len() != $bytes {
                    return Err(concat!(
                        "a coordinate of ",
                        $what,
                        " has ",
                        stringify!($bytes),
                        " bytes"
                    ));
                }
                let key = Key::new(x, y).ok_or(concat!("the key is not on ", $what))?;
                Ok(Self(Arc::new(key)))
            }

            /// A key of an uncompressed point (SEC 1 section 2.3.3).
            ///
            /// # Errors
            /// As [`Self::new`].
            pub fn from_sec1(point: &[u8]) -> Result<Self, &'static str> {
                match point.split_first() {
                    Some((4, point)) if point.len() == 2 * $bytes => {
                        let (x, y) = point.split_at($bytes);
                        Self::new(x, y)
                    }
                    _ => Err(concat!("not an uncompressed point of ", $what)),
                }
            }

            /// Whether `signature` is one in form: the two numbers `r` and `s` in their full length,
            /// both from 1 to below the order of the group.
            #[must_use]
            pub fn is_form(signature: &[u8]) -> bool {
                Key::<$curve, $digits>::scalars(signature).is_some()
            }

            /// The uncompressed point (SEC 1 section 2.3.3).
            #[must_use]
            pub fn to_sec1(&self) -> Vec<u8> {
                let mut point = vec![4];
                for coordinate in self.0.coordinates() {
                    let mut bytes = [0; MAX_BYTES];
                    coordinate.write(&mut bytes);
                    point.extend(bytes.iter().take($bytes).rev());
                }
                point
            }

            /// Whether `signature`, the two numbers `r` and `s` in their full length, is this
            /// key's signature of `message`. Both are from 1 to below the order of the group.
            #[must_use]
            pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
                self.0.verifies(&Hash::$hash.of(&[message]), signature)
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.coordinates() == other.0.coordinates()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.0.coordinates()).finish()
            }
        }
    };
}

key!(P256Key, P256, 9, Sha256, 32, "P-256");
key!(P384Key, P384, 14, Sha384, 48, "P-384");

#[cfg(test)]
mod tests;
