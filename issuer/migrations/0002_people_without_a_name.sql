-- Anonymous holders are people without a name, e-mail and password; SQLite can't take NOT NULL off a
-- column, so the tables are made anew. Children go first and come back last, so that nothing
-- cascades.

CREATE TABLE users_new (
    id                  TEXT   NOT NULL PRIMARY KEY,
    username            TEXT,            -- absent: an anonymous holder
    username_key        TEXT,            -- the name without regard to case; what must be unique
    username_changed_at BIGINT,          -- a name can be changed once
    email               TEXT,
    email_key           TEXT,
    email_verified_at   BIGINT,
    password_hash       TEXT,            -- PHC string; absent: no way in by password
    status              TEXT   NOT NULL CHECK (status IN ('active', 'disabled', 'deleted')),
    epoch               BIGINT NOT NULL, -- grows with every permission, role or level that is lost
    description         TEXT,
    avatar_url          TEXT,
    public              BIGINT NOT NULL, -- 1 where the profile may be read by anybody
    last_login_at       BIGINT,
    deleted_at          BIGINT,
    created_at          BIGINT NOT NULL
);
INSERT INTO users_new (id, username, username_key, email, email_key, password_hash, status, epoch,
                       public, created_at)
SELECT id, username, username_key, email, email_key, password_hash, status, 0, 0, created_at
FROM users;

CREATE TABLE user_roles_new (
    user_id    TEXT   NOT NULL REFERENCES users_new (id) ON DELETE CASCADE,
    role       TEXT   NOT NULL REFERENCES roles (name) ON DELETE CASCADE,
    granted_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, role)
);
INSERT INTO user_roles_new (user_id, role, granted_at)
SELECT user_id, role, granted_at FROM user_roles;

CREATE TABLE sessions_new (
    id           TEXT   NOT NULL PRIMARY KEY,
    user_id      TEXT   NOT NULL REFERENCES users_new (id) ON DELETE CASCADE,
    ctr          BIGINT NOT NULL,  -- rotation counter of the current main token
    rotated_at   BIGINT NOT NULL,  -- when the current main token was made
    current_used BIGINT NOT NULL,  -- 1 once the current main token has been used
    created_at   BIGINT NOT NULL,
    auth_time    BIGINT NOT NULL,
    amr          TEXT   NOT NULL,  -- space-separated (RFC 8176)
    expires_at   BIGINT NOT NULL,  -- slides at rotation, never beyond the absolute cap
    ends_at      BIGINT,           -- an end that an administrator has set; no rotation passes it
    last_used_at BIGINT NOT NULL,  -- coarse: written at most every few minutes
    ended_at     BIGINT,
    end_reason   TEXT,
    client       TEXT,
    address      TEXT,
    user_agent   TEXT
);
INSERT INTO sessions_new (id, user_id, ctr, rotated_at, current_used, created_at, auth_time, amr,
                          expires_at, last_used_at, ended_at, end_reason, client, address,
                          user_agent)
SELECT id, user_id, ctr, rotated_at, current_used, created_at, auth_time, amr, expires_at,
       last_used_at, ended_at, end_reason, client, address, user_agent
FROM sessions;

CREATE TABLE invitations_new (
    code_hash  TEXT   NOT NULL PRIMARY KEY,  -- SHA-256 of the code, hexadecimal
    role       TEXT   NOT NULL REFERENCES roles (name) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    used_at    BIGINT,
    used_by    TEXT REFERENCES users_new (id) ON DELETE SET NULL
);
INSERT INTO invitations_new (code_hash, role, created_at, used_at, used_by)
SELECT code_hash, role, created_at, used_at, used_by FROM invitations;

DROP TABLE invitations;
DROP TABLE sessions;
DROP TABLE user_roles;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
ALTER TABLE user_roles_new RENAME TO user_roles;
ALTER TABLE sessions_new RENAME TO sessions;
ALTER TABLE invitations_new RENAME TO invitations;

-- The names of these two are read back from constraint violations.
CREATE UNIQUE INDEX users_username_key ON users (username_key);
CREATE UNIQUE INDEX users_email_key ON users (email_key);
CREATE INDEX user_roles_role ON user_roles (role);
CREATE INDEX sessions_user ON sessions (user_id, created_at, id);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

-- Who did what, when, to whom; written in the transaction of the change itself.
CREATE TABLE audit (
    id         TEXT   NOT NULL PRIMARY KEY,  -- UUID
    at         BIGINT NOT NULL,
    actor      TEXT   NOT NULL,              -- 'user:<uuid>', 'svc:<name>', 'command-line', 'issuer'
    action     TEXT   NOT NULL,              -- 'role.assigned', 'session.ended', ...
    subject    TEXT   NOT NULL,              -- what it was done to: 'user:<uuid>', 'role:clerk', ...
    before     TEXT,                         -- JSON: what was changed, as it was
    after      TEXT,                         -- JSON: as it is since
    address    TEXT
);
CREATE INDEX audit_at ON audit (at, id);
CREATE INDEX audit_subject ON audit (subject, at, id);
