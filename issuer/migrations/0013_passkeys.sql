-- Passkeys (WebAuthn): each opens its owner's account by itself, and is a factor of it.
CREATE TABLE passkeys (
    id            TEXT   NOT NULL PRIMARY KEY,
    user_id       TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential_id TEXT   NOT NULL,  -- as the authenticator calls it, base64url
    public_key    TEXT   NOT NULL,  -- COSE, base64url
    sign_count    BIGINT NOT NULL,  -- as it was said last; 0: it does not count
    backup        TEXT   NOT NULL CHECK (backup IN ('never', 'possible', 'done')),
    name          TEXT   NOT NULL,  -- what its owner calls it
    created_at    BIGINT NOT NULL,
    last_used_at  BIGINT
);
CREATE UNIQUE INDEX passkeys_credential_id ON passkeys (credential_id);
CREATE INDEX passkeys_user ON passkeys (user_id, id);

-- Challenges that passkeys are to sign, each once.
CREATE TABLE passkey_challenges (
    challenge_hash TEXT   NOT NULL PRIMARY KEY,  -- SHA-256, hexadecimal
    purpose        TEXT   NOT NULL CHECK (purpose IN ('enrol', 'sign_in', 'second_factor', 'step_up')),
    bound_to       TEXT   NOT NULL,  -- the session, or the log-in that waits; empty for a sign-in
    expires_at     BIGINT NOT NULL
);
CREATE INDEX passkey_challenges_bound_to ON passkey_challenges (bound_to, purpose);
CREATE INDEX passkey_challenges_expires_at ON passkey_challenges (expires_at);
