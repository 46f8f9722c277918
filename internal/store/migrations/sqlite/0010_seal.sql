-- A text sealed by the master key that all stored secrets are sealed by, to know
-- another key by.
CREATE TABLE seal (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    sealed BLOB NOT NULL
);
