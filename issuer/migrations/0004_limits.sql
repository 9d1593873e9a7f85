-- Rate limits: one row for each thing that is counted, while it is counted (`src/limits/`).
CREATE TABLE limits (
    key      TEXT   NOT NULL PRIMARY KEY,  -- SHA-256 of kind and subject: the table names nobody
    empty_at BIGINT NOT NULL               -- Unix milliseconds: from then on there is nothing to remember
);
CREATE INDEX limits_empty_at ON limits (empty_at);

-- Browsers from which somebody has logged in before; guesses from elsewhere do not slow them.
CREATE TABLE devices (
    token_hash TEXT   NOT NULL,            -- SHA-256 of the cookie, hexadecimal
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (token_hash, user_id)
);
CREATE INDEX devices_user ON devices (user_id, expires_at);
CREATE INDEX devices_expires_at ON devices (expires_at);

-- The task that ends sessions on schedule looks for these.
CREATE INDEX sessions_ends_at ON sessions (ends_at);
