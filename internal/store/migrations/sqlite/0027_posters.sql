-- The poster of a video, a still picture of it, is an artifact too: that of result n
-- stands at position -1 - n, before all results.
ALTER TABLE artifacts ADD COLUMN poster_due INTEGER; -- when one is to be made of it; NULL: none is
CREATE INDEX artifacts_poster_due ON artifacts (poster_due) WHERE poster_due IS NOT NULL;
