-- Authenticator apps (RFC 6238): one a person.
CREATE TABLE totp (
    user_id      TEXT   NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret       TEXT   NOT NULL,  -- wrapped by the master key
    last_step    BIGINT NOT NULL,  -- of the last code that was taken: none of it or before is again
    created_at   BIGINT NOT NULL,
    confirmed_at BIGINT,           -- absent: shown once, and no factor yet
    last_used_at BIGINT
);

-- Codes on paper, for whoever has lost the rest. One that was used is gone.
CREATE TABLE backup_codes (
    user_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash TEXT NOT NULL,  -- SHA-256, hexadecimal
    PRIMARY KEY (user_id, code_hash)
);

-- Log-ins whose first step was good and whose second is to come.
CREATE TABLE pending_log_ins (
    id_hash    TEXT   NOT NULL PRIMARY KEY,  -- SHA-256 of the id, hexadecimal
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    way        TEXT   NOT NULL CHECK (way IN ('password', 'external')),
    attempts   BIGINT NOT NULL,
    holder     TEXT REFERENCES users (id) ON DELETE SET NULL,  -- the anonymous holder who came
    client     TEXT,                                           -- what the client calls itself
    expires_at BIGINT NOT NULL
);
CREATE INDEX pending_log_ins_expires_at ON pending_log_ins (expires_at);
CREATE INDEX pending_log_ins_user ON pending_log_ins (user_id);
