-- Why deliveries have not arrived: what the last attempt met, where that failed.
ALTER TABLE deliveries ADD COLUMN last_class TEXT NOT NULL DEFAULT '';
UPDATE deliveries SET last_class = coalesce((SELECT class FROM attempts
    WHERE attempts.delivery = deliveries.id AND attempts.number = deliveries.attempts), '')
WHERE attempts > 0 AND state <> 'delivered';
CREATE INDEX deliveries_in_vain ON deliveries (account, id) WHERE last_class <> '';
CREATE INDEX deliveries_in_vain_by_endpoint ON deliveries (endpoint, id) WHERE last_class <> '' AND endpoint <> '';
