-- One text for SQLite and PostgreSQL: TEXT and BIGINT only. Identifiers are UUIDs in lower case,
-- times are Unix seconds, byte strings are base64url or hexadecimal text.

CREATE TABLE users (
    id            TEXT   NOT NULL PRIMARY KEY,
    username      TEXT   NOT NULL,
    username_key  TEXT   NOT NULL,  -- the name without regard to case; what must be unique
    email         TEXT   NOT NULL,
    email_key     TEXT   NOT NULL,
    password_hash TEXT   NOT NULL,  -- PHC string
    status        TEXT   NOT NULL CHECK (status IN ('active', 'disabled', 'deleted')),
    created_at    BIGINT NOT NULL
);
-- The names of these two are read back from constraint violations.
CREATE UNIQUE INDEX users_username_key ON users (username_key);
CREATE UNIQUE INDEX users_email_key ON users (email_key);

CREATE TABLE services (
    name           TEXT   NOT NULL PRIMARY KEY,
    audience       TEXT   NOT NULL,
    token_lifetime BIGINT NOT NULL CHECK (token_lifetime > 0),  -- seconds
    algorithm      TEXT,                                        -- absent: the issuer's
    created_at     BIGINT NOT NULL
);
CREATE UNIQUE INDEX services_audience ON services (audience);

-- The catalogue: every permission the service knows.
CREATE TABLE service_permissions (
    service    TEXT NOT NULL REFERENCES services (name) ON DELETE CASCADE,
    permission TEXT NOT NULL,
    PRIMARY KEY (service, permission)
);

-- One micro token for two services needs a row in each direction.
CREATE TABLE service_sharing (
    service        TEXT NOT NULL REFERENCES services (name) ON DELETE CASCADE,
    may_share_with TEXT NOT NULL,
    PRIMARY KEY (service, may_share_with)
);

CREATE TABLE roles (
    name       TEXT   NOT NULL PRIMARY KEY,  -- 'clerk' for a global role, 'orders/clerk' for a service's
    service    TEXT   REFERENCES services (name) ON DELETE CASCADE,
    level      BIGINT NOT NULL CHECK (level >= 0),  -- lower is stronger
    created_at BIGINT NOT NULL
);

CREATE TABLE role_permissions (
    role       TEXT NOT NULL REFERENCES roles (name) ON DELETE CASCADE,
    permission TEXT NOT NULL,  -- a grant: may end in '*'
    PRIMARY KEY (role, permission)
);

CREATE TABLE user_roles (
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role       TEXT   NOT NULL REFERENCES roles (name) ON DELETE CASCADE,
    granted_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, role)
);
CREATE INDEX user_roles_role ON user_roles (role);

CREATE TABLE sessions (
    id           TEXT   NOT NULL PRIMARY KEY,
    user_id      TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    ctr          BIGINT NOT NULL,  -- rotation counter of the current main token
    rotated_at   BIGINT NOT NULL,  -- when the current main token was made
    current_used BIGINT NOT NULL,  -- 1 once the current main token has been used
    created_at   BIGINT NOT NULL,
    auth_time    BIGINT NOT NULL,
    amr          TEXT   NOT NULL,  -- space-separated (RFC 8176)
    expires_at   BIGINT NOT NULL,  -- slides at rotation, never beyond the absolute cap
    last_used_at BIGINT NOT NULL,  -- coarse: written at most every few minutes
    ended_at     BIGINT,
    end_reason   TEXT,
    client       TEXT,
    address      TEXT,
    user_agent   TEXT
);
CREATE INDEX sessions_user ON sessions (user_id, created_at, id);

CREATE TABLE signing_keys (
    kid         TEXT   NOT NULL PRIMARY KEY,  -- RFC 7638 thumbprint
    algorithm   TEXT   NOT NULL,
    state       TEXT   NOT NULL CHECK (state IN ('next', 'active', 'retired', 'revoked')),
    wrapped     TEXT   NOT NULL,              -- PKCS#8 under the master key, AES-256-GCM
    created_at  BIGINT NOT NULL
);

CREATE TABLE invitations (
    code_hash  TEXT   NOT NULL PRIMARY KEY,  -- SHA-256 of the code, hexadecimal
    role       TEXT   NOT NULL REFERENCES roles (name) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    used_at    BIGINT,
    used_by    TEXT REFERENCES users (id) ON DELETE SET NULL
);

INSERT INTO roles (name, service, level, created_at) VALUES ('administrator', NULL, 0, 0);
