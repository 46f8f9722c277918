-- The poster of a video, a still picture of it, is an artifact too: that of result n
-- stands at position -1 - n, before all results.
ALTER TABLE artifacts ADD COLUMN poster_due INTEGER; -- when one is to be made of it; NULL: none is
CREATE INDEX artifacts_poster_due ON artifacts (poster_due) WHERE poster_due IS NOT NULL;

-- Where an account wants copies of its results: in a storage of its own.
CREATE TABLE buckets (
    account    TEXT PRIMARY KEY,
    endpoint   TEXT NOT NULL,
    name       TEXT NOT NULL,
    region     TEXT NOT NULL,
    prefix     TEXT NOT NULL,
    access_key TEXT NOT NULL,
    secret     BLOB NOT NULL,    -- sealed
    created_at INTEGER NOT NULL,
    due_at     INTEGER NOT NULL, -- before that nobody sends anything there
    failures   INTEGER NOT NULL DEFAULT 0, -- in a row
    error      TEXT NOT NULL DEFAULT ''    -- of the last of these
) WITHOUT ROWID;
ALTER TABLE artifacts ADD COLUMN copied TEXT NOT NULL DEFAULT '' CHECK (copied IN ('', 'pending', 'done', 'failed')); -- empty: nobody wants a copy
ALTER TABLE artifacts ADD COLUMN copy_tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE artifacts ADD COLUMN copy_error TEXT NOT NULL DEFAULT '';
CREATE INDEX artifacts_to_copy ON artifacts (account, copied, copy_tries, id) WHERE copied IN ('pending', 'failed');
