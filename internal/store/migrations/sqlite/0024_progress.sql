-- additive
-- Events of tasks on their way: the sequence of the last one of a task, and which
-- endpoints ask for them.
ALTER TABLE tasks ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
ALTER TABLE endpoints ADD COLUMN follows INTEGER NOT NULL DEFAULT 0 CHECK (follows IN (0, 1));
CREATE INDEX endpoints_following ON endpoints (account) WHERE follows = 1 AND deleted_at IS NULL;
