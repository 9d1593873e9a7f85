-- Several sign-up links may be open at once, each for a day: replicas that start together print one
-- each. Absent: it is open until it is used or withdrawn.
ALTER TABLE invitations ADD COLUMN expires_at BIGINT;
UPDATE invitations SET expires_at = created_at + 86400 WHERE used_at IS NULL;
