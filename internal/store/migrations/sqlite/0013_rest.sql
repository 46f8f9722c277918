-- A lane that rests sends nothing before the time; trips are how often its breaker has
-- opened since its receiver accepted something.
ALTER TABLE lanes ADD COLUMN rest_until INTEGER; -- NULL: it may send
ALTER TABLE lanes ADD COLUMN trips INTEGER NOT NULL DEFAULT 0 CHECK (trips >= 0);

-- What a receiver wants to be spared. 0: no limit.
ALTER TABLE endpoints ADD COLUMN rate INTEGER NOT NULL DEFAULT 0 CHECK (rate >= 0); -- attempts a second
ALTER TABLE endpoints ADD COLUMN max_in_flight INTEGER NOT NULL DEFAULT 0 CHECK (max_in_flight >= 0);
