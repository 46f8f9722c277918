-- additive
-- A claim of a run has a number, so that a write about one that is over changes nothing,
-- though the same node has the run again.
ALTER TABLE runs ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0; -- rises with each claim
ALTER TABLE runs ADD COLUMN sent_at INTEGER; -- when its provider took it on; NULL: it has not, or is not known

-- What a node has is looked through in parts.
DROP INDEX runs_owned;
CREATE INDEX runs_owned ON runs (owner, id) WHERE owner IS NOT NULL;
