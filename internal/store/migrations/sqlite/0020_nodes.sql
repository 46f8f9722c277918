-- What several nodes need that share a database, which here there is one of.
ALTER TABLE nodes ADD COLUMN expires_at INTEGER; -- by the clock of the database; NULL: the lock on the data directory is the lease
ALTER TABLE nodes ADD COLUMN version TEXT NOT NULL DEFAULT '';
ALTER TABLE nodes ADD COLUMN host TEXT NOT NULL DEFAULT '';
ALTER TABLE nodes ADD COLUMN files TEXT NOT NULL DEFAULT ''; -- where it keeps results

-- What a node does to a lane of another it marks with the next number: mark, that
-- something is due there, and changed, that its endpoint was.
ALTER TABLE feed_head ADD COLUMN marks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lanes ADD COLUMN mark INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lanes ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX lanes_marked ON lanes (owner, mark) WHERE owner IS NOT NULL AND mark > 0;

-- An additive migration leaves programs that do not know it able to work: its file
-- begins with the line "-- additive".
ALTER TABLE migrations ADD COLUMN additive INTEGER NOT NULL DEFAULT 0 CHECK (additive IN (0, 1));
