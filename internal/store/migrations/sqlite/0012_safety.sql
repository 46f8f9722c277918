-- How tasks ended is in usage already.
DROP TABLE task_counts;

-- What a safety check found in a result; empty: nobody looked.
ALTER TABLE artifacts ADD COLUMN safety TEXT NOT NULL DEFAULT '' CHECK (safety IN ('', 'safe', 'flagged'));
