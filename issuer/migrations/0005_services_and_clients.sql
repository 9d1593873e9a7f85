-- Services: what goes into their tokens, and what anonymous holders get there.
ALTER TABLE services ADD COLUMN claim_template TEXT;  -- JSON object; absent: no further claims
ALTER TABLE services ADD COLUMN permission_provider TEXT NOT NULL DEFAULT 'roles';
ALTER TABLE services ADD COLUMN stale BIGINT NOT NULL DEFAULT 1;  -- 1: what a holder loses makes tokens stale
ALTER TABLE services ADD COLUMN anonymous_lifetime BIGINT;        -- seconds; absent: nothing for anonymous holders

CREATE TABLE service_anonymous_permissions (
    service    TEXT NOT NULL REFERENCES services (name) ON DELETE CASCADE,
    permission TEXT NOT NULL,
    PRIMARY KEY (service, permission)
);

-- Grows with every change of what a process keeps in memory, so that others read it again.
CREATE TABLE generations (
    name  TEXT   NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO generations (name, value) VALUES ('services', 0);

-- Programs with an account of their own. A row stays when the account is deleted: nobody else may
-- become the `svc:name` that logs and other services remember.
CREATE TABLE service_accounts (
    name         TEXT   NOT NULL PRIMARY KEY,
    service      TEXT   REFERENCES services (name) ON DELETE SET NULL,  -- the service it speaks for
    epoch        BIGINT NOT NULL,  -- grows with every permission, role or level that is lost
    created_at   BIGINT NOT NULL,
    disabled_at  BIGINT,
    deleted_at   BIGINT,
    last_used_at BIGINT            -- coarse: written at most every few minutes
);

-- Two of them while a secret is replaced by the next.
CREATE TABLE service_account_secrets (
    hash       TEXT   NOT NULL PRIMARY KEY,  -- SHA-256 of the secret, hexadecimal
    account    TEXT   NOT NULL REFERENCES service_accounts (name) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT                        -- absent: until it is replaced
);
CREATE INDEX service_account_secrets_account ON service_account_secrets (account);

CREATE TABLE service_account_roles (
    account    TEXT   NOT NULL REFERENCES service_accounts (name) ON DELETE CASCADE,
    role       TEXT   NOT NULL REFERENCES roles (name) ON DELETE CASCADE,
    granted_at BIGINT NOT NULL,
    PRIMARY KEY (account, role)
);
CREATE INDEX service_account_roles_role ON service_account_roles (role);

-- Applications that ask for tokens in the name of people.
CREATE TABLE clients (
    client_id   TEXT   NOT NULL PRIMARY KEY,
    name        TEXT   NOT NULL,
    kind        TEXT   NOT NULL CHECK (kind IN ('public', 'confidential')),
    secret_hash TEXT,  -- SHA-256 of the secret, hexadecimal; of a confidential client
    created_at  BIGINT NOT NULL
);

-- Anonymous holders whose sessions are over are looked for again and again.
CREATE INDEX users_anonymous ON users (created_at) WHERE username IS NULL;
