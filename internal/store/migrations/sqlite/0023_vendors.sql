-- additive
-- What several vendors of one model need: which of them a task is at, or was, and which
-- have refused a run for good.
ALTER TABLE tasks ADD COLUMN adapter TEXT NOT NULL DEFAULT ''; -- empty: nobody yet
ALTER TABLE runs ADD COLUMN refused TEXT NOT NULL DEFAULT ''; -- names of adapters, with spaces between
