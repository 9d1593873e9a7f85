//! How long an answer may be kept.

/// The largest `max-age` that means something (RFC 9111 section 1.2.2).
const MOST: u32 = 1 << 31;

/// Seconds that an answer with this `Cache-Control` may be kept (RFC 9111 section 5.2.2), where it
/// says so: 0 for `no-store` and `no-cache`, otherwise its `max-age`.
pub(super) fn max_age(cache_control: &str) -> Option<u32> {
    let lower = cache_control.to_ascii_lowercase();
    let mut directives = lower.split(',').map(str::trim);
    if directives.clone().any(|directive| matches!(directive, "no-store" | "no-cache")) {
        return Some(0);
    }
    directives.find_map(|directive| {
        let value = directive.strip_prefix("max-age=")?;
        let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        let digits = quoted.unwrap_or(value);
        let number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        // More digits than fit are a very long time.
        number.then(|| digits.parse().unwrap_or(MOST).min(MOST))
    })
}

#[cfg(test)]
mod tests {
    use super::max_age;

    #[test]
    fn max_age_is_read_as_servers_write_it() {
        for (value, seconds) in [
            ("", None),
            ("public", None),
            ("max-age", None),
            ("max-age=", None),
            ("max-age=-1", None),
            ("max-age=1.5", None),
            ("s-maxage=5", None),
            ("max-age=300", Some(300)),
            ("public, Max-Age=\"60\", must-revalidate", Some(60)),
            ("max-age=x, max-age=7", Some(7)),
            ("max-age=99999999999999", Some(1 << 31)),
            ("no-store", Some(0)),
            ("max-age=300, No-Cache", Some(0)),
        ] {
            assert_eq!(max_age(value), seconds, "{value:?}");
        }
    }
}
