-- Who somebody is at other providers. A provider that was pointed elsewhere has another authority,
-- and what it says now opens nothing that it opened before.
CREATE TABLE identities (
    id           TEXT   NOT NULL PRIMARY KEY,
    user_id      TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider     TEXT   NOT NULL,  -- its name in the settings
    authority    TEXT   NOT NULL,  -- 'iss' of its ID tokens, or the origin of its API
    subject      TEXT   NOT NULL,  -- what never changes about the person there
    email        TEXT,             -- these three as they were said last
    name         TEXT,
    picture      TEXT,
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX identities_subject ON identities (provider, authority, subject);
CREATE INDEX identities_user ON identities (user_id, id);

-- Log-ins at providers that were begun. What they are tied to is held by who began them: a hash is
-- here, and a salt without which it is not enough.
CREATE TABLE external_states (
    state_hash TEXT   NOT NULL PRIMARY KEY,  -- SHA-256 of the state, hexadecimal
    held_hash  TEXT   NOT NULL,              -- likewise, of what the browser or client holds
    salt       TEXT   NOT NULL,
    provider   TEXT   NOT NULL,
    next       TEXT   NOT NULL,              -- where the way leads back to
    challenge  TEXT,                         -- of who exchanges the code; absent: there is no code
    session_id TEXT REFERENCES sessions (id) ON DELETE CASCADE,  -- who asks for a link
    expires_at BIGINT NOT NULL
);
CREATE INDEX external_states_expires_at ON external_states (expires_at);

-- One-time codes at the end of them. A code that was used stays a while: who brings it again ends
-- the session that was made of it.
CREATE TABLE external_codes (
    code_hash  TEXT   NOT NULL PRIMARY KEY,  -- SHA-256 of the code, hexadecimal
    next       TEXT   NOT NULL,
    challenge  TEXT   NOT NULL,
    assertion  TEXT,                         -- what the provider said; absent once the code was used
    session_id TEXT REFERENCES sessions (id) ON DELETE CASCADE,  -- who asked for a link
    made       TEXT REFERENCES sessions (id) ON DELETE CASCADE,  -- what it became
    expires_at BIGINT NOT NULL
);
CREATE INDEX external_codes_expires_at ON external_codes (expires_at);
