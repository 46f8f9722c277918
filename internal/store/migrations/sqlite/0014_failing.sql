-- Since when an endpoint has accepted nothing, and when its account was told.
ALTER TABLE endpoint_health ADD COLUMN failing_since INTEGER; -- NULL: its last attempt was accepted
ALTER TABLE endpoint_health ADD COLUMN warned_at INTEGER;
UPDATE endpoint_health SET failing_since = coalesce(success_at, failure_at) WHERE failures > 0;
CREATE INDEX endpoint_health_failing ON endpoint_health (failing_since) WHERE failing_since IS NOT NULL;
