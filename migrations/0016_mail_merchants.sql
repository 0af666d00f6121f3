-- When the last mail to the merchant was sent: at most one a day.
ALTER TABLE shops ADD COLUMN mailed_at TEXT;
