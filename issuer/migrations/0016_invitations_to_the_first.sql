-- 1: a link that was printed while there was no administrator, which is worth nothing once there is
-- one. Those that are open may be such links.
ALTER TABLE invitations ADD COLUMN to_the_first BIGINT NOT NULL DEFAULT 0;
UPDATE invitations SET to_the_first = 1 WHERE role = 'administrator' AND used_at IS NULL;
