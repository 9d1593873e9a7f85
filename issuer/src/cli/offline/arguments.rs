//! What may be written behind `laika token`, `laika policy` and `laika key jwk`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::moment;

const INSPECT_EXAMPLES: &str = "\
Examples:
  laika token inspect < token.txt
  pbpaste | laika token inspect --json";

const VERIFY_EXAMPLES: &str = "\
Examples:
  laika token verify --issuer https://id.example.com --audience orders < token.txt
  laika token verify --issuer https://id.example.com --audience orders --public-key key.pem -
  laika token verify --options verifier.json --at 2026-11-24T12:00:00Z < token.txt

Exit codes: 0 it holds, 3 the options are wrong, 6 it is refused, 7 keys or status can't be fetched.";

const CHECK_EXAMPLES: &str = "\
Examples:
  laika policy check policy.json
  laika policy check policy.yaml --several-issuers";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  laika policy explain policy.json --method GET --path /orders
  laika policy explain policy.json --method DELETE --path /orders/7 --claims clerk.json
  laika policy explain policy.json --method POST --path /payouts --host pay.example.com --token - < token.txt";

const TEST_EXAMPLES: &str = "\
A file of tests, in JSON, TOML or YAML:
  now: 1800000000
  cases:
    - name: a clerk lists orders
      request: { method: GET, path: /orders }
      claims: { sub: u1, permissions: [\"orders:read\"] }
      expect: { status: 200, rule: list }
    - name: nobody does
      request: { method: GET, path: /orders }
      expect: { allowed: false, code: token_missing }

`expect` has any of allowed, status, rule, code, missing. Exit codes: 0 all as expected, 5 the
policy or the file is wrong, 8 a case is not as expected.";

const GENERATE_EXAMPLES: &str = "\
Examples:
  laika policy generate openapi.yaml > policy.json

Each operation becomes a rule that needs the scopes its `security` names; `security: []` is for
anyone, and where nothing is named any log-in will do. Read it before you use it.";

const JWK_EXAMPLES: &str = "\
Examples:
  laika key jwk public.pem
  laika key jwk certificate.pem --alg PS256 --set > keys.json";

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum TokenCommand {
    /// Show what a token says; nothing of it is proved
    #[command(after_help = INSPECT_EXAMPLES)]
    Inspect {
        /// The token; `-` or nothing reads it from standard input, which no shell remembers
        token: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Prove a token, or say why it does not hold
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(Box<VerifyArguments>),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct VerifyArguments {
    /// The token; `-` or nothing reads it from standard input, which no shell remembers
    pub token: Option<String>,
    /// Options of a verifier, as a file of JSON, TOML or YAML with the names of the filter
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["issuer", "audience", "profile", "jwks", "jwks_uri", "public_key"]
    )]
    pub options: Option<PathBuf>,
    /// Exact `iss`; without a key below, its metadata say where its keys are
    #[arg(long, value_name = "URL", required_unless_present = "options", requires = "audience")]
    pub issuer: Option<String>,
    /// Accepted `aud`; may be given several times
    #[arg(long, value_name = "NAME", requires = "issuer")]
    pub audience: Vec<String>,
    /// How the issuer writes its tokens: laika, rfc9068, keycloak, auth0, cognito, entra
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Its keys, as a file with a JWK Set
    #[arg(long, value_name = "FILE", conflicts_with_all = ["jwks_uri", "public_key"])]
    pub jwks: Option<PathBuf>,
    /// Where its keys are fetched from
    #[arg(long, value_name = "URL", conflicts_with = "public_key")]
    pub jwks_uri: Option<String>,
    /// Its key, as a file with PEM
    #[arg(long, value_name = "FILE")]
    pub public_key: Option<PathBuf>,
    /// Judge as of this time: RFC 3339 in UTC, or Unix seconds [default: now]
    #[arg(long, value_name = "TIME", value_parser = moment::parse)]
    pub at: Option<laika_verifier::Timestamp>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum PolicyCommand {
    /// Compile a policy, and list its rules or say what is wrong and where
    #[command(after_help = CHECK_EXAMPLES)]
    Check {
        #[command(flatten)]
        policy: PolicyFile,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Say which rule decides a request, what it needs, and what was found
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(Box<ExplainArguments>),
    /// Print a policy to begin with, of what an OpenAPI description says
    #[command(after_help = GENERATE_EXAMPLES)]
    Generate {
        /// The description, OpenAPI 3: JSON, or TOML or YAML by the file's ending
        description: PathBuf,
    },
    /// Hold a policy against a file of requests and expected decisions
    #[command(after_help = TEST_EXAMPLES)]
    Test {
        #[command(flatten)]
        policy: PolicyFile,
        /// The requests and decisions
        tests: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct PolicyFile {
    /// The policy: JSON, or TOML or YAML by the file's ending
    pub policy: PathBuf,
    /// Compile it as for tokens of several issuers
    #[arg(long)]
    pub several_issuers: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ExplainArguments {
    #[command(flatten)]
    pub policy: PolicyFile,
    /// Method of the request
    #[arg(long)]
    pub method: String,
    /// Its target as it is sent: path and query, nothing decoded
    #[arg(long)]
    pub path: String,
    /// Its host
    #[arg(long)]
    pub host: Option<String>,
    /// A token, taken at its word; `-` reads it from standard input
    #[arg(long)]
    pub token: Option<String>,
    /// Claims of a token, as a file of JSON, TOML or YAML; with neither, no token came
    #[arg(long, value_name = "FILE", conflicts_with = "token")]
    pub claims: Option<PathBuf>,
    /// As of this time: RFC 3339 in UTC, or Unix seconds [default: now]
    #[arg(long, value_name = "TIME", value_parser = moment::parse)]
    pub at: Option<laika_verifier::Timestamp>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = JWK_EXAMPLES)]
pub(in crate::cli) struct JwkArguments {
    /// PEM: a public key (SPKI or PKCS#1) or an X.509 certificate; `-` reads standard input
    pub file: PathBuf,
    /// What the key is used with; an RSA key can't say it itself [default: RS256 for RSA]
    #[arg(long, value_name = "NAME")]
    pub alg: Option<String>,
    /// Print a JWK Set with the key in it
    #[arg(long)]
    pub set: bool,
}
