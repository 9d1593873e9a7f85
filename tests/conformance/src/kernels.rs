//! The kernels of the verifier on this machine against libraries that share no code with them:
//! powers against `num-bigint`, whole verifications against the `rsa` crate.

use laika_verifier::Algorithm;
use laika_verifier::signature::kernel::{self, Barrett, ModularPower, Montgomery};
use laika_verifier::signature::rsa::RsaKey;
use rsa::rand_core::{CryptoRng, Error, RngCore};
use rsa::traits::PublicKeyParts as _;
use rsa::{BigUint, Pkcs1v15Sign, RsaPrivateKey, RsaPublicKey};
use sha2::{Digest as _, Sha256};

/// Bytes of the moduli: 2048 to 4096 bits.
const BYTES: std::ops::RangeInclusive<usize> = 256..=512;
/// The exponent of nearly all keys: 16 squarings and a multiplication.
const F4: u64 = 65_537;
const MULTIPLICATIONS: u64 = 17;
/// Signatures that are verified, as they are and damaged.
const SIGNATURES: usize = 16;

/// What came of a comparison.
#[derive(Debug)]
pub struct Kernels {
    /// How many powers were compared, with each kernel.
    pub powers: u64,
    /// At least so many products of two limbs of 14 bits were part of them, in the kernel that has
    /// such limbs.
    pub limb_products: u64,
    /// How many verifications were compared, with the kernel of this machine.
    pub verifications: u64,
    /// How many of those held.
    pub held: u64,
    /// What is wrong.
    pub wrong: Vec<String>,
}

impl Kernels {
    /// Compares so many powers, over every size by turns, and so many verifications.
    #[must_use]
    pub fn run(powers: u64, verifications: u64) -> Self {
        let mut random = Xorshift(0x9e37_79b9_7f4a_7c15);
        let mut all = Self { powers, limb_products: 0, verifications, held: 0, wrong: Vec::new() };
        for (turn, bytes) in (0..powers).zip(BYTES.cycle()) {
            say(turn, powers, 250, "powers");
            all.power(&mut random, turn, bytes);
        }
        if verifications > 0 {
            all.verify(&mut random);
        }
        all
    }

    /// As the long runs have their outcomes.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let Self { powers, limb_products, verifications, held, wrong } = self;
        let machine = if cfg!(target_family = "wasm") { "in WebAssembly" } else { "natively" };
        serde_json::json!({
            "what": format!("RSA {machine} against other libraries"),
            "result": format!(
                "{powers} powers of 2048 to 4096 bits by {} and by {} against num-bigint \
                 ({limb_products} or more products of limbs of 14 bits); {verifications} \
                 verifications by {} against the `rsa` crate, {held} of them good; {} differences",
                Barrett::NAME, Montgomery::NAME, kernel::Rsa::NAME, wrong.len(),
            ),
            "ok": wrong.is_empty(),
        })
    }

    fn power(&mut self, random: &mut Xorshift, turn: u64, bytes: usize) {
        let mut modulus = number(random, bytes);
        modulus[0] |= 0x80;
        // Other numbers of bits than whole bytes now and then.
        if turn % 4 == 3 {
            modulus[0] >>= turn % 8;
        }
        modulus[bytes - 1] |= 1;
        let n = BigUint::from_bytes_be(&modulus);
        let base = BigUint::from_bytes_be(&number(random, bytes)) % &n;
        let expected = padded(&base.modpow(&BigUint::from(F4), &n), bytes);
        let base = padded(&base, bytes);
        let answers = [
            (Barrett::NAME, power::<Barrett>(&modulus, &base)),
            (Montgomery::NAME, power::<Montgomery>(&modulus, &base)),
        ];
        for (name, answer) in answers {
            if answer.as_ref() != Some(&expected) {
                self.wrong.push(format!("{name}: {base:02x?} to the {F4} modulo {modulus:02x?}"));
            }
        }
        // A squaring has half of the products of all pairs, a reduction twice half of them.
        let limbs = (8 * bytes as u64 - 7).div_ceil(14);
        self.limb_products += MULTIPLICATIONS * limbs * limbs * 3 / 2;
    }

    fn verify(&mut self, random: &mut Xorshift) {
        let private = RsaPrivateKey::new(random, 2048).expect("a key");
        let (n, e) = (private.n().to_bytes_be(), private.e().to_bytes_be());
        let ours = RsaKey::new(&n, &e).expect("the key is good");
        let theirs = RsaPublicKey::from(&private);
        let scheme = || Pkcs1v15Sign::new::<Sha256>();
        let signed: Vec<_> = (0..SIGNATURES)
            .map(|message| {
                let hash = Sha256::digest(message.to_le_bytes());
                private.sign(scheme(), &hash).expect("a signature")
            })
            .collect();
        for turn in 0..self.verifications {
            say(turn, self.verifications, 20_000, "verifications");
            let message = turn as usize % SIGNATURES;
            let mut signature = signed[message].clone();
            if random.next_u32().is_multiple_of(2) {
                let at = random.next_u32() as usize % signature.len();
                signature[at] ^= 1 << (random.next_u32() % 8);
            }
            let message = message.to_le_bytes();
            let hash = Sha256::digest(message);
            let expected = theirs.verify(scheme(), &hash, &signature).is_ok();
            if ours.verifies(Algorithm::Rs256, &message, &signature) != expected {
                self.wrong.push(format!("verification {turn}: {signature:02x?}"));
            }
            self.held += u64::from(expected);
        }
    }
}

/// Microseconds that one power of 2048 bits takes by the kernel of this machine, over so many.
#[must_use]
pub fn time_of_power(repeats: u32) -> f64 {
    let random = &mut Xorshift(1);
    let mut modulus = number(random, *BYTES.start());
    modulus[0] |= 0x80;
    modulus[*BYTES.start() - 1] |= 1;
    let mut power = vec![0x55; *BYTES.start()];
    let modulus = kernel::Rsa::new(&modulus).expect("an odd modulus");
    #[expect(clippy::disallowed_methods, reason = "this is what is measured")]
    let start = std::time::Instant::now();
    for _ in 0..repeats {
        // Each is the next one's base, so that none can be left out.
        power = modulus.power(&power, F4);
    }
    let time = start.elapsed();
    assert_eq!(power.len(), *BYTES.start());
    time.as_secs_f64() * 1e6 / f64::from(repeats)
}

fn power<K: ModularPower>(modulus: &[u8], base: &[u8]) -> Option<Vec<u8>> {
    K::new(modulus).map(|modulus| modulus.power(base, F4))
}

/// Says how far long work is, at every so many.
fn say(turn: u64, of: u64, every: u64, what: &str) {
    if turn.is_multiple_of(every) {
        eprintln!("{turn} of {of} {what}");
    }
}

/// Mostly random; now and then all ones, or nearly nothing, where carries go far.
fn number(random: &mut Xorshift, bytes: usize) -> Vec<u8> {
    let kind = random.next_u32() % 8;
    let byte = |random: &mut Xorshift| random.next_u32().to_le_bytes()[0];
    let mut number: Vec<u8> = match kind {
        0 => vec![0xff; bytes],
        1 => vec![0; bytes],
        _ => (0..bytes).map(|_| byte(random)).collect(),
    };
    if kind < 2 {
        let at = random.next_u32() as usize % bytes;
        number[at] = byte(random);
    }
    number
}

fn padded(number: &BigUint, bytes: usize) -> Vec<u8> {
    let number = number.to_bytes_be();
    [vec![0; bytes - number.len()], number].concat()
}

/// A generator (xorshift64*) whose numbers are the same every time.
struct Xorshift(u64);

impl RngCore for Xorshift {
    fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }

    fn next_u64(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        bytes.fill_with(|| self.next_u32().to_le_bytes()[3]);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Xorshift {}
