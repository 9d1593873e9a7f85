-- Permissions given to one holder directly, besides roles.
CREATE TABLE grants (
    holder     TEXT   NOT NULL,  -- 'user:<uuid>', 'svc:<name>'
    permission TEXT   NOT NULL,  -- a grant: may end in '*'
    granted_at BIGINT NOT NULL,
    granted_by TEXT   NOT NULL,  -- as in the audit log: 'user:<uuid>', 'command-line'
    PRIMARY KEY (holder, permission)
);

ALTER TABLE roles ADD COLUMN description TEXT;

-- When the personal data of a deleted user was removed for good.
ALTER TABLE users ADD COLUMN erased_at BIGINT;

-- Administrators list users by age, and ask the audit log who did what.
CREATE INDEX users_created_at ON users (created_at, id);
CREATE INDEX audit_actor ON audit (actor, at, id);

-- An administrator can hand out only what he holds, so the first one must hold everything. A role
-- that an operator has given permissions stays as it is.
INSERT INTO role_permissions (role, permission)
SELECT name, '*' FROM roles
WHERE name = 'administrator' AND service IS NULL AND level = 0
  AND NOT EXISTS (SELECT 1 FROM role_permissions WHERE role = 'administrator');
