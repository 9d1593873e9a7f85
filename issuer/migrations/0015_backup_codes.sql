-- When a backup code was made: those since a change that is taken back go with it. Of those there are,
-- it is not known, and they stay.
ALTER TABLE backup_codes ADD COLUMN created_at BIGINT NOT NULL DEFAULT 0;
