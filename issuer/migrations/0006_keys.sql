-- When a key was in which state; times are Unix seconds.
ALTER TABLE signing_keys ADD COLUMN activated_at BIGINT;  -- since when it signs, or signed
ALTER TABLE signing_keys ADD COLUMN retired_at   BIGINT;
ALTER TABLE signing_keys ADD COLUMN leaves_at    BIGINT;  -- when the last token of a retired key has expired
ALTER TABLE signing_keys ADD COLUMN revoked_at   BIGINT;
-- The longest life, in seconds, that a token of this key can have had under any settings so far.
ALTER TABLE signing_keys ADD COLUMN token_life   BIGINT NOT NULL DEFAULT 0;

UPDATE signing_keys SET activated_at = created_at WHERE state = 'active';

-- One key signs, and at most one waits for its turn.
CREATE UNIQUE INDEX signing_keys_active ON signing_keys (algorithm) WHERE state = 'active';
CREATE UNIQUE INDEX signing_keys_next ON signing_keys (algorithm) WHERE state = 'next';
