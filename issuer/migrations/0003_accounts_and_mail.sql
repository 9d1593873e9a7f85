-- Names that were given up: by a change of name, and of accounts that were removed for good.
CREATE TABLE reserved_usernames (
    username_key TEXT   NOT NULL PRIMARY KEY,
    reserved_at  BIGINT NOT NULL
);

-- Accounts that wait for the proof of their e-mail, where mail is configured. They are no users: so
-- nobody holds an e-mail that they did not prove.
CREATE TABLE registrations (
    id              TEXT   NOT NULL PRIMARY KEY,
    username        TEXT   NOT NULL,
    username_key    TEXT   NOT NULL,
    email           TEXT   NOT NULL,
    email_key       TEXT   NOT NULL,
    password_hash   TEXT   NOT NULL,
    invitation_hash TEXT,
    holder          TEXT REFERENCES users (id) ON DELETE SET NULL,  -- the anonymous holder who registers
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL
);
-- Its name is read back from constraint violations.
CREATE UNIQUE INDEX registrations_username_key ON registrations (username_key);
CREATE INDEX registrations_email ON registrations (email_key, created_at);
CREATE INDEX registrations_expires_at ON registrations (expires_at);

-- Codes that mails carry; each opens one thing, once.
CREATE TABLE mail_codes (
    code_hash    TEXT   NOT NULL PRIMARY KEY,  -- SHA-256 of the code, hexadecimal
    purpose      TEXT   NOT NULL CHECK (purpose IN ('registration', 'proof', 'change', 'undo', 'reset')),
    user_id      TEXT REFERENCES users (id) ON DELETE CASCADE,
    registration TEXT REFERENCES registrations (id) ON DELETE CASCADE,
    email        TEXT   NOT NULL,              -- the address that whoever holds the code can read
    email_key    TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX mail_codes_user ON mail_codes (user_id, purpose);
CREATE INDEX mail_codes_registration ON mail_codes (registration);
CREATE INDEX mail_codes_email ON mail_codes (email_key, purpose);
CREATE INDEX mail_codes_expires_at ON mail_codes (expires_at);

-- Mails to be sent. What a mail says, and its code, is made when it is sent: no code lies here.
CREATE TABLE mails (
    id            TEXT   NOT NULL PRIMARY KEY,
    kind          TEXT   NOT NULL CHECK (kind IN ('registration', 'resend', 'change', 'undo', 'reset')),
    recipient     TEXT   NOT NULL,
    recipient_key TEXT   NOT NULL,
    user_id       TEXT REFERENCES users (id) ON DELETE CASCADE,
    registration  TEXT REFERENCES registrations (id) ON DELETE CASCADE,
    state         TEXT   NOT NULL CHECK (state IN ('queued', 'sent', 'needless', 'failed')),
    attempts      BIGINT NOT NULL,
    due_at        BIGINT NOT NULL,
    error         TEXT,                        -- why it failed
    created_at    BIGINT NOT NULL
);
CREATE INDEX mails_due ON mails (state, due_at);
CREATE INDEX mails_user ON mails (user_id, kind);
CREATE INDEX mails_registration ON mails (registration);
CREATE INDEX mails_created_at ON mails (created_at);
