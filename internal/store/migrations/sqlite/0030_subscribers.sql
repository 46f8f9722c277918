-- Who publishes keeps the endpoints of accounts in memory: docs/decisions/0030-what-nodes-need-not-ask.md.
ALTER TABLE feed_head ADD COLUMN subscribers INTEGER NOT NULL DEFAULT 0; -- drawn anew with each change of an endpoint
