-- Events that the test button made up are no news.
ALTER TABLE events ADD COLUMN test INTEGER NOT NULL DEFAULT 0 CHECK (test = 0 OR test = 1);
UPDATE events SET test = 1 WHERE id IN (SELECT event FROM deliveries WHERE test = 1);
