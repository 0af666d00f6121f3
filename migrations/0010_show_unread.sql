-- What could not be read of a line, and the webhooks that could not be taken: both are shown to the merchant.

ALTER TABLE order_items ADD COLUMN unread TEXT;

CREATE INDEX ix_webhook_deliveries_failed ON webhook_deliveries (shop_id, created_at) WHERE status = 'failed';
