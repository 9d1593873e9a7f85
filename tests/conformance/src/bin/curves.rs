//! Verifications by curve against the RustCrypto crates, for as long as one likes:
//! `cargo run --release -p laika-conformance --bin curves -- 1000000`, and in
//! WebAssembly, where products are made in other ways, by `cargo xtask soak --only curves`.
//!
//! Each key signs a few messages, so that it verifies without its table and with it. Half of the
//! signatures are damaged; what counts is that both sides judge alike. Prints a line of JSON for
//! each algorithm, and fails if one judgement differs.

use laika_verifier::signature::ecdsa::{P256Key, P384Key};
use laika_verifier::signature::ed25519::Ed25519Key;
use p256::ecdsa::signature::{Signer as _, Verifier as _};

/// Signatures of one key.
const OF_ONE_KEY: u64 = 12;

/// Verifications after which a line says how far it is.
const SAID_EVERY: u64 = 20_000;

fn main() -> std::process::ExitCode {
    let calls = std::env::args().nth(1).and_then(|calls| calls.parse().ok()).unwrap_or(1_000_000);
    // Every branch is taken: one failure does not hide another.
    let held = [run("ES256", calls, p256), run("ES384", calls, p384), run("EdDSA", calls, ed25519)];
    if held.contains(&false) {
        std::process::ExitCode::FAILURE
    } else {
        std::process::ExitCode::SUCCESS
    }
}

/// Judges a message and a signature.
type Judge = Box<dyn Fn(&[u8], &[u8]) -> bool>;

/// Signs a message.
type Sign = Box<dyn Fn(&[u8]) -> Vec<u8>>;

/// A key as both sides have it.
struct Pair {
    sign: Sign,
    ours: Judge,
    reference: Judge,
}

fn run(algorithm: &str, calls: u64, pair: fn(&mut Random) -> Pair) -> bool {
    let mut random = Random(calls | 1);
    let (mut accepted, mut refused, mut differ) = (0_u64, 0_u64, 0_u64);
    let mut key = pair(&mut random);
    for call in 0..calls {
        if call % OF_ONE_KEY == 0 {
            key = pair(&mut random);
        }
        if call % SAID_EVERY == 0 {
            #[expect(clippy::print_stderr, reason = "long work says how far it is")]
            {
                eprintln!("{algorithm}: {call} of {calls}");
            }
        }
        let length = random.below(300);
        let mut message = random.bytes(length);
        let mut signature = (key.sign)(&message);
        if random.below(2) == 0 {
            damage(&mut random, &mut message, &mut signature);
        }
        let ours = (key.ours)(&message, &signature);
        if ours {
            accepted += 1;
        } else {
            refused += 1;
        }
        if ours != (key.reference)(&message, &signature) {
            differ += 1;
            #[expect(clippy::print_stderr, reason = "names the case")]
            {
                eprintln!("{algorithm}: differs, ours {ours}: {message:02x?} {signature:02x?}");
            }
        }
    }
    #[expect(clippy::print_stdout, reason = "what the program is for")]
    {
        println!(
            "{{\"what\":\"{algorithm} beside the reference\",\"result\":\"{calls} verifications, \
             {accepted} accepted, {refused} refused, {differ} judged differently\",\"ok\":{}}}",
            differ == 0 && accepted > 0 && refused > 0
        );
    }
    differ == 0
}

/// One bit somewhere, a run of equal bytes, or a half of the signature that is an extreme number.
fn damage(random: &mut Random, message: &mut Vec<u8>, signature: &mut [u8]) {
    let half = signature.len() / 2;
    match random.below(4) {
        0 => message.push(0),
        1 => {
            let (byte, bit) = (random.below(signature.len()), random.below(8));
            if let Some(byte) = signature.get_mut(byte) {
                *byte ^= 1 << bit;
            }
        }
        2 => {
            let (from, to) = (random.below(signature.len()), random.below(signature.len()));
            let fill = if random.below(2) == 0 { 0 } else { 0xff };
            signature
                .iter_mut()
                .take(from.max(to))
                .skip(from.min(to))
                .for_each(|byte| *byte = fill);
        }
        _ => {
            let skip = half * random.below(2);
            let number = random.below(3);
            for (i, byte) in signature.iter_mut().skip(skip).take(half).enumerate() {
                *byte = u8::from(i + 1 == half).wrapping_mul(u8::from(number > 0));
            }
        }
    }
}

macro_rules! ecdsa {
    ($curve:ident, $ours:ident, $bytes:literal) => {
        fn $curve(random: &mut Random) -> Pair {
            let private = loop {
                if let Ok(private) = $curve::ecdsa::SigningKey::from_slice(&random.bytes($bytes)) {
                    break private;
                }
            };
            let public = *private.verifying_key();
            let ours = $ours::from_sec1(public.to_encoded_point(false).as_bytes());
            Pair {
                sign: Box::new(move |message| {
                    let signature: $curve::ecdsa::Signature = private.sign(message);
                    signature.to_bytes().to_vec()
                }),
                ours: Box::new(move |message, signature| {
                    ours.as_ref().is_ok_and(|key| key.verifies(message, signature))
                }),
                reference: Box::new(move |message, signature| {
                    $curve::ecdsa::Signature::from_slice(signature)
                        .is_ok_and(|signature| public.verify(message, &signature).is_ok())
                }),
            }
        }
    };
}

ecdsa!(p256, P256Key, 32);
ecdsa!(p384, P384Key, 48);

fn ed25519(random: &mut Random) -> Pair {
    let mut seed = [0; 32];
    seed.copy_from_slice(&random.bytes(32));
    let private = ed25519_dalek::SigningKey::from_bytes(&seed);
    let public = private.verifying_key();
    let ours = Ed25519Key::new(public.as_bytes());
    Pair {
        sign: Box::new(move |message| private.sign(message).to_bytes().to_vec()),
        ours: Box::new(move |message, signature| {
            ours.as_ref().is_ok_and(|key| key.verifies(message, signature))
        }),
        reference: Box::new(move |message, signature| {
            ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| public.verify_strict(message, &signature).is_ok())
        }),
    }
}

/// xorshift64*: the cases of a count are the same every time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: usize) -> usize {
        ((self.next() >> 32) % bound as u64) as usize
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next().to_be_bytes()[0]).collect()
    }
}
