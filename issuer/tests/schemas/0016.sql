CREATE TABLE services (
    name           TEXT   NOT NULL PRIMARY KEY,
    audience       TEXT   NOT NULL,
    token_lifetime BIGINT NOT NULL CHECK (token_lifetime > 0),  -- seconds
    algorithm      TEXT,                                        -- absent: the issuer's
    created_at     BIGINT NOT NULL
, claim_template TEXT, permission_provider TEXT NOT NULL DEFAULT 'roles', stale BIGINT NOT NULL DEFAULT 1, anonymous_lifetime BIGINT, provider_settings TEXT, provider_secret TEXT, provider_old_secret TEXT, provider_old_secret_until BIGINT);
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
, description TEXT);
CREATE TABLE role_permissions (
    role       TEXT NOT NULL REFERENCES roles (name) ON DELETE CASCADE,
    permission TEXT NOT NULL,  -- a grant: may end in '*'
    PRIMARY KEY (role, permission)
);
CREATE TABLE signing_keys (
    kid         TEXT   NOT NULL PRIMARY KEY,  -- RFC 7638 thumbprint
    algorithm   TEXT   NOT NULL,
    state       TEXT   NOT NULL CHECK (state IN ('next', 'active', 'retired', 'revoked')),
    wrapped     TEXT   NOT NULL,              -- PKCS#8 under the master key, AES-256-GCM
    created_at  BIGINT NOT NULL
, activated_at BIGINT, retired_at   BIGINT, leaves_at    BIGINT, revoked_at   BIGINT, token_life   BIGINT NOT NULL DEFAULT 0);
CREATE TABLE "users" (
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
, erased_at BIGINT);
CREATE TABLE "user_roles" (
    user_id    TEXT   NOT NULL REFERENCES "users" (id) ON DELETE CASCADE,
    role       TEXT   NOT NULL REFERENCES roles (name) ON DELETE CASCADE,
    granted_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, role)
);
CREATE TABLE "sessions" (
    id           TEXT   NOT NULL PRIMARY KEY,
    user_id      TEXT   NOT NULL REFERENCES "users" (id) ON DELETE CASCADE,
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
CREATE TABLE "invitations" (
    code_hash  TEXT   NOT NULL PRIMARY KEY,  -- SHA-256 of the code, hexadecimal
    role       TEXT   NOT NULL REFERENCES roles (name) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    used_at    BIGINT,
    used_by    TEXT REFERENCES "users" (id) ON DELETE SET NULL
, expires_at BIGINT, to_the_first BIGINT NOT NULL DEFAULT 0);
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
CREATE TABLE reserved_usernames (
    username_key TEXT   NOT NULL PRIMARY KEY,
    reserved_at  BIGINT NOT NULL
);
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
, language TEXT, reply BIGINT, ended_at BIGINT);
CREATE TABLE limits (
    key      TEXT   NOT NULL PRIMARY KEY,  -- SHA-256 of kind and subject: the table names nobody
    empty_at BIGINT NOT NULL               -- Unix milliseconds: from then on there is nothing to remember
);
CREATE TABLE devices (
    token_hash TEXT   NOT NULL,            -- SHA-256 of the cookie, hexadecimal
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (token_hash, user_id)
);
CREATE TABLE service_anonymous_permissions (
    service    TEXT NOT NULL REFERENCES services (name) ON DELETE CASCADE,
    permission TEXT NOT NULL,
    PRIMARY KEY (service, permission)
);
CREATE TABLE generations (
    name  TEXT   NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
CREATE TABLE service_accounts (
    name         TEXT   NOT NULL PRIMARY KEY,
    service      TEXT   REFERENCES services (name) ON DELETE SET NULL,  -- the service it speaks for
    epoch        BIGINT NOT NULL,  -- grows with every permission, role or level that is lost
    created_at   BIGINT NOT NULL,
    disabled_at  BIGINT,
    deleted_at   BIGINT,
    last_used_at BIGINT            -- coarse: written at most every few minutes
);
CREATE TABLE service_account_secrets (
    hash       TEXT   NOT NULL PRIMARY KEY,  -- SHA-256 of the secret, hexadecimal
    account    TEXT   NOT NULL REFERENCES service_accounts (name) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT                        -- absent: until it is replaced
);
CREATE TABLE service_account_roles (
    account    TEXT   NOT NULL REFERENCES service_accounts (name) ON DELETE CASCADE,
    role       TEXT   NOT NULL REFERENCES roles (name) ON DELETE CASCADE,
    granted_at BIGINT NOT NULL,
    PRIMARY KEY (account, role)
);
CREATE TABLE clients (
    client_id   TEXT   NOT NULL PRIMARY KEY,
    name        TEXT   NOT NULL,
    kind        TEXT   NOT NULL CHECK (kind IN ('public', 'confidential')),
    secret_hash TEXT,  -- SHA-256 of the secret, hexadecimal; of a confidential client
    created_at  BIGINT NOT NULL
);
CREATE TABLE status_slots (
    family     TEXT   NOT NULL,  -- the algorithm, as the list's address writes it
    shard      BIGINT NOT NULL,
    idx        BIGINT NOT NULL CHECK (idx >= 0 AND idx < 65536),
    holder     TEXT   NOT NULL,  -- session id, 'svc:<name>', 'anon:<service>'
    subject    TEXT   NOT NULL,  -- who loses all slots at once: 'user:<uuid>', 'svc:<name>', 'anon:<service>'
    epoch      BIGINT NOT NULL,  -- of the subject, as it was read with what the tokens grant
    state      BIGINT NOT NULL CHECK (state IN (0, 1, 3)),  -- as the list writes it
    taken_at   BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,  -- no token with this slot lives longer
    PRIMARY KEY (family, shard, idx)
);
CREATE TABLE grants (
    holder     TEXT   NOT NULL,  -- 'user:<uuid>', 'svc:<name>'
    permission TEXT   NOT NULL,  -- a grant: may end in '*'
    granted_at BIGINT NOT NULL,
    granted_by TEXT   NOT NULL,  -- as in the audit log: 'user:<uuid>', 'command-line'
    PRIMARY KEY (holder, permission)
);
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
CREATE TABLE external_codes (
    code_hash  TEXT   NOT NULL PRIMARY KEY,  -- SHA-256 of the code, hexadecimal
    next       TEXT   NOT NULL,
    challenge  TEXT   NOT NULL,
    assertion  TEXT,                         -- what the provider said; absent once the code was used
    session_id TEXT REFERENCES sessions (id) ON DELETE CASCADE,  -- who asked for a link
    made       TEXT REFERENCES sessions (id) ON DELETE CASCADE,  -- what it became
    expires_at BIGINT NOT NULL
);
CREATE TABLE hooks (
    id               TEXT   NOT NULL PRIMARY KEY,
    url              TEXT   NOT NULL,
    description      TEXT,
    events           TEXT   NOT NULL,  -- names, each with a space on both sides; '*': every event
    secret           TEXT   NOT NULL,  -- wrapped by the master key
    old_secret       TEXT,             -- the one before, likewise
    old_secret_until BIGINT,           -- until then both sign
    disabled_at      BIGINT,
    created_at       BIGINT NOT NULL
);
CREATE TABLE events (
    id          TEXT   NOT NULL PRIMARY KEY,
    name        TEXT   NOT NULL,
    body        TEXT   NOT NULL,
    occurred_at BIGINT NOT NULL
);
CREATE TABLE event_streams (
    name       TEXT   NOT NULL PRIMARY KEY,  -- as the audit log names subjects: 'user:<uuid>'
    position   BIGINT NOT NULL,
    emitted_at BIGINT NOT NULL
);
CREATE TABLE deliveries (
    event       TEXT   NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    endpoint    TEXT   NOT NULL,  -- a hook's id, or 'amqp'
    stream      TEXT   NOT NULL,
    position    BIGINT NOT NULL,
    state       TEXT   NOT NULL CHECK (state IN ('waiting', 'delivered', 'dead')),
    attempts    BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    give_up_at  BIGINT NOT NULL,
    status      BIGINT,           -- of the last answer
    error       TEXT,             -- what became of the last attempt
    created_at  BIGINT NOT NULL,
    ended_at    BIGINT,
    PRIMARY KEY (event, endpoint)
);
CREATE TABLE totp (
    user_id      TEXT   NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret       TEXT   NOT NULL,  -- wrapped by the master key
    last_step    BIGINT NOT NULL,  -- of the last code that was taken: none of it or before is again
    created_at   BIGINT NOT NULL,
    confirmed_at BIGINT,           -- absent: shown once, and no factor yet
    last_used_at BIGINT
);
CREATE TABLE backup_codes (
    user_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash TEXT NOT NULL, created_at BIGINT NOT NULL DEFAULT 0,  -- SHA-256, hexadecimal
    PRIMARY KEY (user_id, code_hash)
);
CREATE TABLE pending_log_ins (
    id_hash    TEXT   NOT NULL PRIMARY KEY,  -- SHA-256 of the id, hexadecimal
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    way        TEXT   NOT NULL CHECK (way IN ('password', 'external')),
    attempts   BIGINT NOT NULL,
    holder     TEXT REFERENCES users (id) ON DELETE SET NULL,  -- the anonymous holder who came
    client     TEXT,                                           -- what the client calls itself
    expires_at BIGINT NOT NULL
);
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
CREATE TABLE passkey_challenges (
    challenge_hash TEXT   NOT NULL PRIMARY KEY,  -- SHA-256, hexadecimal
    purpose        TEXT   NOT NULL CHECK (purpose IN ('enrol', 'sign_in', 'second_factor', 'step_up')),
    bound_to       TEXT   NOT NULL,  -- the session, or the log-in that waits; empty for a sign-in
    expires_at     BIGINT NOT NULL
);
INSERT INTO "services" ("name", "audience", "token_lifetime", "algorithm", "created_at", "claim_template", "permission_provider", "stale", "anonymous_lifetime", "provider_settings", "provider_secret", "provider_old_secret", "provider_old_secret_until") VALUES ('orders', 'orders', 300, 'EdDSA', 1790000000, NULL, 'roles', 1, NULL, NULL, NULL, NULL, NULL);
INSERT INTO "service_permissions" ("service", "permission") VALUES ('orders', 'orders:read');
INSERT INTO "service_permissions" ("service", "permission") VALUES ('orders', 'orders:create');
INSERT INTO "service_sharing" ("service", "may_share_with") VALUES ('orders', 'billing');
INSERT INTO "roles" ("name", "service", "level", "created_at", "description") VALUES ('administrator', NULL, 0, 0, NULL);
INSERT INTO "roles" ("name", "service", "level", "created_at", "description") VALUES ('user', NULL, 1000, 1790000000, NULL);
INSERT INTO "roles" ("name", "service", "level", "created_at", "description") VALUES ('orders/clerk', 'orders', 50, 1790000000, NULL);
INSERT INTO "role_permissions" ("role", "permission") VALUES ('orders/clerk', 'orders:read');
INSERT INTO "role_permissions" ("role", "permission") VALUES ('administrator', '*');
INSERT INTO "users" ("id", "username", "username_key", "username_changed_at", "email", "email_key", "email_verified_at", "password_hash", "status", "epoch", "description", "avatar_url", "public", "last_login_at", "deleted_at", "created_at", "erased_at") VALUES ('5a1f0000-0000-4000-8000-000000000001', 'Laika', 'laika', NULL, 'laika@example.com', 'laika@example.com', NULL, '$argon2id$v=19$m=19456,t=2,p=1$TY82yZmPThfTCl2zZnL5/A$iOOyt0MCktAx3UhFYEvwa6ZUcgdUXfIHH6hoZIfG6qc', 'active', 0, NULL, NULL, 0, NULL, NULL, 1790000000, NULL);
INSERT INTO "users" ("id", "username", "username_key", "username_changed_at", "email", "email_key", "email_verified_at", "password_hash", "status", "epoch", "description", "avatar_url", "public", "last_login_at", "deleted_at", "created_at", "erased_at") VALUES ('5a1f0000-0000-4000-8000-000000000002', 'Belka', 'belka', NULL, 'belka@example.com', 'belka@example.com', NULL, '$argon2id$v=19$m=19456,t=2,p=1$TY82yZmPThfTCl2zZnL5/A$iOOyt0MCktAx3UhFYEvwa6ZUcgdUXfIHH6hoZIfG6qc', 'disabled', 0, NULL, NULL, 0, NULL, NULL, 1790000001, NULL);
INSERT INTO "user_roles" ("user_id", "role", "granted_at") VALUES ('5a1f0000-0000-4000-8000-000000000001', 'orders/clerk', 1790000000);
INSERT INTO "user_roles" ("user_id", "role", "granted_at") VALUES ('5a1f0000-0000-4000-8000-000000000001', 'user', 1790000000);
INSERT INTO "sessions" ("id", "user_id", "ctr", "rotated_at", "current_used", "created_at", "auth_time", "amr", "expires_at", "ends_at", "last_used_at", "ended_at", "end_reason", "client", "address", "user_agent") VALUES ('5e550000-0000-4000-8000-000000000001', '5a1f0000-0000-4000-8000-000000000001', 7, 1799999000, 1, 1790000000, 1790000000, 'pwd', 1802000000, NULL, 1799999500, NULL, NULL, 'browser', '192.0.2.1', 'Dog/1.0');
INSERT INTO "sessions" ("id", "user_id", "ctr", "rotated_at", "current_used", "created_at", "auth_time", "amr", "expires_at", "ends_at", "last_used_at", "ended_at", "end_reason", "client", "address", "user_agent") VALUES ('5e550000-0000-4000-8000-000000000002', '5a1f0000-0000-4000-8000-000000000001', 2, 1799999000, 1, 1790000000, 1790000000, 'pwd', 1802000000, NULL, 1799999500, 1799999600, 'log_out', NULL, NULL, NULL);
INSERT INTO "invitations" ("code_hash", "role", "created_at", "used_at", "used_by", "expires_at", "to_the_first") VALUES ('00', 'administrator', 1790000000, NULL, NULL, 1790086400, 1);
INSERT INTO "generations" ("name", "value") VALUES ('services', 0);
CREATE UNIQUE INDEX services_audience ON services (audience);
CREATE UNIQUE INDEX users_username_key ON users (username_key);
CREATE UNIQUE INDEX users_email_key ON users (email_key);
CREATE INDEX user_roles_role ON user_roles (role);
CREATE INDEX sessions_user ON sessions (user_id, created_at, id);
CREATE INDEX sessions_expires_at ON sessions (expires_at);
CREATE INDEX audit_at ON audit (at, id);
CREATE INDEX audit_subject ON audit (subject, at, id);
CREATE UNIQUE INDEX registrations_username_key ON registrations (username_key);
CREATE INDEX registrations_email ON registrations (email_key, created_at);
CREATE INDEX registrations_expires_at ON registrations (expires_at);
CREATE INDEX mail_codes_user ON mail_codes (user_id, purpose);
CREATE INDEX mail_codes_registration ON mail_codes (registration);
CREATE INDEX mail_codes_email ON mail_codes (email_key, purpose);
CREATE INDEX mail_codes_expires_at ON mail_codes (expires_at);
CREATE INDEX mails_due ON mails (state, due_at);
CREATE INDEX mails_user ON mails (user_id, kind);
CREATE INDEX mails_registration ON mails (registration);
CREATE INDEX mails_created_at ON mails (created_at);
CREATE INDEX limits_empty_at ON limits (empty_at);
CREATE INDEX devices_user ON devices (user_id, expires_at);
CREATE INDEX devices_expires_at ON devices (expires_at);
CREATE INDEX sessions_ends_at ON sessions (ends_at);
CREATE INDEX service_account_secrets_account ON service_account_secrets (account);
CREATE INDEX service_account_roles_role ON service_account_roles (role);
CREATE INDEX users_anonymous ON users (created_at) WHERE username IS NULL;
CREATE UNIQUE INDEX signing_keys_active ON signing_keys (algorithm) WHERE state = 'active';
CREATE UNIQUE INDEX signing_keys_next ON signing_keys (algorithm) WHERE state = 'next';
CREATE UNIQUE INDEX status_slots_holder ON status_slots (holder, epoch, family);
CREATE INDEX status_slots_subject ON status_slots (subject, epoch);
CREATE INDEX status_slots_expires_at ON status_slots (expires_at);
CREATE INDEX status_slots_marked ON status_slots (family, shard) WHERE state <> 0;
CREATE INDEX users_created_at ON users (created_at, id);
CREATE INDEX audit_actor ON audit (actor, at, id);
CREATE UNIQUE INDEX identities_subject ON identities (provider, authority, subject);
CREATE INDEX identities_user ON identities (user_id, id);
CREATE INDEX external_states_expires_at ON external_states (expires_at);
CREATE INDEX external_codes_expires_at ON external_codes (expires_at);
CREATE INDEX event_streams_emitted_at ON event_streams (emitted_at);
CREATE INDEX deliveries_due ON deliveries (endpoint, due_at) WHERE state = 'waiting';
CREATE INDEX deliveries_order ON deliveries (endpoint, stream, position) WHERE state = 'waiting';
CREATE INDEX deliveries_listed ON deliveries (endpoint, created_at, event);
CREATE INDEX deliveries_ended ON deliveries (state, ended_at);
CREATE INDEX deliveries_stream ON deliveries (stream);
CREATE INDEX pending_log_ins_expires_at ON pending_log_ins (expires_at);
CREATE INDEX pending_log_ins_user ON pending_log_ins (user_id);
CREATE UNIQUE INDEX passkeys_credential_id ON passkeys (credential_id);
CREATE INDEX passkeys_user ON passkeys (user_id, id);
CREATE INDEX passkey_challenges_bound_to ON passkey_challenges (bound_to, purpose);
CREATE INDEX passkey_challenges_expires_at ON passkey_challenges (expires_at);
