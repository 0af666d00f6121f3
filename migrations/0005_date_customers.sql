-- When a telling last named an order's customer: the newest one counts, and Shopify's answers to our questions name none.

ALTER TABLE orders ADD COLUMN customer_told_at TEXT;
