-- additive
-- How long what workers fetch has waited, whoever it is of; and of which version they are.
CREATE INDEX runs_longest ON runs (queue, due_at, id) WHERE state = 'open' AND queue > '' AND lease = '';
ALTER TABLE workers ADD COLUMN version TEXT NOT NULL DEFAULT '';
