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
CREATE TABLE services (
    name           TEXT   NOT NULL PRIMARY KEY,
    audience       TEXT   NOT NULL,
    token_lifetime BIGINT NOT NULL CHECK (token_lifetime > 0),  -- seconds
    algorithm      TEXT,                                        -- absent: the issuer's
    created_at     BIGINT NOT NULL
);
CREATE TABLE service_permissions (
    service    TEXT NOT NULL REFERENCES services (name) ON DELETE CASCADE,
    permission TEXT NOT NULL,
    PRIMARY KEY (service, permission)
);
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
INSERT INTO "users" ("id", "username", "username_key", "email", "email_key", "password_hash", "status", "created_at") VALUES ('5a1f0000-0000-4000-8000-000000000001', 'Laika', 'laika', 'laika@example.com', 'laika@example.com', '$argon2id$v=19$m=19456,t=2,p=1$TY82yZmPThfTCl2zZnL5/A$iOOyt0MCktAx3UhFYEvwa6ZUcgdUXfIHH6hoZIfG6qc', 'active', 1790000000);
INSERT INTO "users" ("id", "username", "username_key", "email", "email_key", "password_hash", "status", "created_at") VALUES ('5a1f0000-0000-4000-8000-000000000002', 'Belka', 'belka', 'belka@example.com', 'belka@example.com', '$argon2id$v=19$m=19456,t=2,p=1$TY82yZmPThfTCl2zZnL5/A$iOOyt0MCktAx3UhFYEvwa6ZUcgdUXfIHH6hoZIfG6qc', 'disabled', 1790000001);
INSERT INTO "services" ("name", "audience", "token_lifetime", "algorithm", "created_at") VALUES ('orders', 'orders', 300, 'EdDSA', 1790000000);
INSERT INTO "service_permissions" ("service", "permission") VALUES ('orders', 'orders:read');
INSERT INTO "service_permissions" ("service", "permission") VALUES ('orders', 'orders:create');
INSERT INTO "service_sharing" ("service", "may_share_with") VALUES ('orders', 'billing');
INSERT INTO "roles" ("name", "service", "level", "created_at") VALUES ('administrator', NULL, 0, 0);
INSERT INTO "roles" ("name", "service", "level", "created_at") VALUES ('user', NULL, 1000, 1790000000);
INSERT INTO "roles" ("name", "service", "level", "created_at") VALUES ('orders/clerk', 'orders', 50, 1790000000);
INSERT INTO "role_permissions" ("role", "permission") VALUES ('orders/clerk', 'orders:read');
INSERT INTO "user_roles" ("user_id", "role", "granted_at") VALUES ('5a1f0000-0000-4000-8000-000000000001', 'orders/clerk', 1790000000);
INSERT INTO "user_roles" ("user_id", "role", "granted_at") VALUES ('5a1f0000-0000-4000-8000-000000000001', 'user', 1790000000);
INSERT INTO "sessions" ("id", "user_id", "ctr", "rotated_at", "current_used", "created_at", "auth_time", "amr", "expires_at", "last_used_at", "ended_at", "end_reason", "client", "address", "user_agent") VALUES ('5e550000-0000-4000-8000-000000000001', '5a1f0000-0000-4000-8000-000000000001', 7, 1799999000, 1, 1790000000, 1790000000, 'pwd', 1802000000, 1799999500, NULL, NULL, 'browser', '192.0.2.1', 'Dog/1.0');
INSERT INTO "sessions" ("id", "user_id", "ctr", "rotated_at", "current_used", "created_at", "auth_time", "amr", "expires_at", "last_used_at", "ended_at", "end_reason", "client", "address", "user_agent") VALUES ('5e550000-0000-4000-8000-000000000002', '5a1f0000-0000-4000-8000-000000000001', 2, 1799999000, 1, 1790000000, 1790000000, 'pwd', 1802000000, 1799999500, 1799999600, 'log_out', NULL, NULL, NULL);
INSERT INTO "invitations" ("code_hash", "role", "created_at", "used_at", "used_by") VALUES ('00', 'administrator', 1790000000, NULL, NULL);
CREATE UNIQUE INDEX users_username_key ON users (username_key);
CREATE UNIQUE INDEX users_email_key ON users (email_key);
CREATE UNIQUE INDEX services_audience ON services (audience);
CREATE INDEX user_roles_role ON user_roles (role);
CREATE INDEX sessions_user ON sessions (user_id, created_at, id);
