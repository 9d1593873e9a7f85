// What only our own contract forbids: our limits of size, depth and members, our bounds of times, a
// missing `kid` where several keys fit, `b64` where RFC 7797 allows it, and the claims that only our
// tokens have. Comparisons with others leave it out.

const OURS = [
  /^size: /,
  /: (17|1000) levels$/,
  /: 513 members$/,
  /: kid of (256|257) bytes$/,
  /: kid of 129 letters/,
  /^number forms: \w+ (-|9|1e|18446)/,
  /^times: iat /,
  /^kid: no kid/,
  /^crit: (crit with )?b64 true$/,
  /^unusable key: RSA with (a zero before|its private exponent)/,
  /^claim types: (type|permissions|roles|level|amr|auth_time|anonymous|sid|scope|username) /,
  /^type confusion: (type|no type|an ID token|a logout token)/,
];

/** Whether the hostile token of that name is hostile by our own rules alone. */
export function isOurs(name) {
  return OURS.some((ours) => ours.test(name));
}
