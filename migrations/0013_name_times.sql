-- Times are named after what they say: as of when Shopify described an order, and when a job's worker was last woken.
ALTER TABLE orders RENAME COLUMN told_at TO as_of;
ALTER TABLE orders RENAME COLUMN customer_told_at TO customer_as_of;
ALTER TABLE jobs RENAME COLUMN hinted_at TO woken_at;
