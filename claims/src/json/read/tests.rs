use serde_json::Value;

use crate::json::{TOKEN_LIMITS, parse};

/// Texts near the edges of the grammar.
const TEXTS: &[&str] = &[
    "null",
    "true",
    "false",
    "nul",
    "tru",
    "truex",
    "[]",
    "{}",
    "[ ]",
    "{ }",
    " 1 ",
    "\t[1 ,2]\r\n",
    "0",
    "-0",
    "-0.0",
    "00",
    "01",
    "-01",
    "-",
    "+1",
    "1.",
    ".5",
    "1.5",
    "-1.5e3",
    "1e5",
    "1E+5",
    "1e-5",
    "1e",
    "1e+",
    "1.e5",
    "0e0",
    "0e999999999999999999999",
    "1e308",
    "1e309",
    "-1e309",
    "1e-400",
    "123456789012345678901234567890",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "-9223372036854775809",
    "9007199254740993",
    "0.1",
    "0.3",
    "1700000000.25",
    "12345678901234567890123456789e-20",
    "0.000000000000000000000000000001",
    "1e00000000000000000000005",
    r#""""#,
    r#""a""#,
    r#""\"\\\/\b\f\n\r\t""#,
    r#""\u0041\u00e9\u20ac\ud83d\ude00""#,
    r#""\ud83d""#,
    r#""\ud83dx""#,
    r#""\ud83d\n""#,
    r#""\ud83d\u0041""#,
    r#""\ude00""#,
    r#""\u00""#,
    r#""\u00g0""#,
    r#""\x""#,
    "\"a\nb\"",
    "\"a\tb\"",
    "\"\u{7f}é😀\"",
    "\"",
    "\"\\",
    "\"\\u",
    r#"{"a":1}"#,
    r#"{"a":1,}"#,
    r#"{"a" 1}"#,
    r#"{"a":}"#,
    r#"{a:1}"#,
    r#"{"a":1 "b":2}"#,
    r#"{,}"#,
    "[1,]",
    "[,1]",
    "[1 2]",
    "[",
    "[1",
    "[1,",
    "{",
    r#"{"a"#,
    r#"{"a""#,
    r#"{"a":"#,
    r#"{"a":1"#,
    r#"{"a":1,"#,
    "",
    " ",
    "x",
    "'a'",
    "NaN",
    "Infinity",
    "//",
    "{}x",
    "[] []",
    "\u{feff}{}",
    "\u{a0}1",
    "[1]\0",
    "[\u{c}1]",
    "{1:2}",
    r#"{"a":{"b":[{"c":null}]},"d":[[],{}]}"#,
];

#[test]
fn it_agrees_with_serde_json_on_every_text_and_its_value() {
    let prefixes = TEXTS.iter().flat_map(|text| {
        (0..text.len()).filter_map(|end| text.get(..end)).chain(std::iter::once(*text))
    });
    for text in prefixes {
        let theirs = serde_json::from_str::<Value>(text);
        let ours = parse(text.as_bytes(), TOKEN_LIMITS);
        match (ours, theirs) {
            // `serde_json` as it comes rounds some of them otherwise.
            (Ok(Value::Number(ours)), Ok(Value::Number(_))) if ours.is_f64() => {
                let (ours, nearest) = (ours.as_f64().unwrap(), text.parse::<f64>().unwrap());
                assert_eq!(ours.to_bits(), nearest.to_bits(), "{text}: {ours}");
            }
            (Ok(ours), Ok(theirs)) => assert_eq!(ours, theirs, "{text:?}"),
            (Err(ours), Err(theirs)) => {
                let place = format!(" at line {} column ", theirs.line());
                assert!(ours.message.contains(&place), "{text:?}: {ours}; {theirs}");
            }
            (ours, theirs) => panic!("{text:?}: {ours:?} and {theirs:?}"),
        }
    }
}

#[test]
fn numbers_become_the_nearest_double() {
    let mut state = 1_u64;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) % below
    };
    for _ in 0..20_000 {
        let text = match random(3) {
            0 => format!("{}.{}", random(1 << 31), random(1_000_000)),
            1 => format!("{}{}.{}", random(1 << 31), random(1 << 31), random(1 << 31)),
            _ => format!("{}{}e-{}", random(1 << 31), random(1 << 31), random(330)),
        };
        let value = parse(text.as_bytes(), TOKEN_LIMITS).unwrap();
        assert_eq!(value.as_f64(), text.parse().ok(), "{text}");
    }
    for text in
        ["0.1", "1e22", "5e-22", "9007199254740993.0", "123456.789e-3", "1.7976931348623157e308"]
    {
        let value = parse(text.as_bytes(), TOKEN_LIMITS).unwrap();
        assert_eq!(value.as_f64(), text.parse().ok(), "{text}");
    }
}

#[test]
fn a_fault_is_named_with_its_place() {
    for (text, message) in [
        ("{", "EOF while parsing an object at line 1 column 1"),
        ("{\n  \"a\": x\n}", "expected value at line 2 column 8"),
        ("[1,\n2,\n]", "trailing comma at line 3 column 1"),
        ("{\"a\":1}\n}", "trailing characters at line 2 column 1"),
        ("{\"a\":1,\"\\u0061\":2}", "duplicate member `a` at line 1 column 17"),
    ] {
        assert_eq!(parse(text.as_bytes(), TOKEN_LIMITS).unwrap_err().message, message);
    }
}
