-- What a key is limited to. Lists are separated by blanks; empty: no limit.
ALTER TABLE keys ADD COLUMN permissions TEXT NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN networks TEXT NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN expires_at INTEGER;
CREATE INDEX keys_by_account ON keys (account, id) WHERE revoked_at IS NULL;

-- What an account has under way, for its quota.
CREATE INDEX runs_open ON runs (account) WHERE state = 'open';
