-- Amounts are millionths of a US dollar. The balance of an account is what is
-- available; it is below 0 only where the account is not prepaid, or was not when
-- the tasks that it is held for were admitted.
ALTER TABLE accounts ADD COLUMN prepaid INTEGER NOT NULL DEFAULT 0 CHECK (prepaid IN (0, 1));
ALTER TABLE accounts ADD COLUMN balance INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN held INTEGER NOT NULL DEFAULT 0 CHECK (held >= 0);

ALTER TABLE keys ADD COLUMN spend_limit INTEGER CHECK (spend_limit >= 0); -- NULL: none
ALTER TABLE keys ADD COLUMN spent INTEGER NOT NULL DEFAULT 0 CHECK (spent >= 0);

ALTER TABLE tasks ADD COLUMN key TEXT NOT NULL DEFAULT ''; -- empty: not known
ALTER TABLE tasks ADD COLUMN price INTEGER NOT NULL DEFAULT 0 CHECK (price >= 0);

-- What moved money, and why. Its sums are the balances.
CREATE TABLE ledger (
    seq     INTEGER PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id),
    kind    TEXT NOT NULL CHECK (kind IN ('credit', 'invoice', 'hold', 'charge', 'refund')),
    subject TEXT NOT NULL, -- the task, or the id of the credit
    key     TEXT NOT NULL DEFAULT '',
    amount  INTEGER NOT NULL CHECK (amount > 0 OR kind = 'credit'),
    at      INTEGER NOT NULL
);
-- A task is held for once and settled once.
CREATE UNIQUE INDEX ledger_once ON ledger (subject, CASE kind WHEN 'refund' THEN 'charge' ELSE kind END);
CREATE TRIGGER ledger_keeps BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END;

-- How tasks ended, by the hour (since 1970, UTC) in which they did.
CREATE TABLE usage (
    account   TEXT NOT NULL,
    hour      INTEGER NOT NULL,
    provider  TEXT NOT NULL,
    model     TEXT NOT NULL,
    key       TEXT NOT NULL,
    succeeded INTEGER NOT NULL,
    failed    INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    cost      INTEGER NOT NULL,
    PRIMARY KEY (account, hour, provider, model, key)
) WITHOUT ROWID;
