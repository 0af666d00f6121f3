-- Indexes for what the sweeps look for, so that they read nothing when there is nothing to do, and for the rows of one
-- customer, one job subject and one shop's storage.

DROP INDEX ix_assets_gone_uploads;

CREATE INDEX ix_assets_deleted ON assets (id) WHERE deleted_at IS NOT NULL;

CREATE INDEX ix_assets_live_bytes ON assets (shop_id, bytes) WHERE deleted_at IS NULL;

DROP INDEX ix_generations_unordered;

CREATE INDEX ix_generations_unwanted ON generations (shop_id, updated_at) WHERE pinned_at IS NULL AND (master_asset_id IS NOT NULL OR preview_asset_id IS NOT NULL OR mockup_asset_id IS NOT NULL);

CREATE INDEX ix_order_items_order_id_shop_id ON order_items (order_id, shop_id);

DROP INDEX ix_order_items_order_id;

CREATE INDEX ix_jobs_shop_id_subject_id ON jobs (shop_id, subject_id);

CREATE INDEX ix_privacy_requests_customer ON privacy_requests (shop_id, shopify_customer_id) WHERE shopify_customer_id IS NOT NULL;

-- The customer whom a webhook is about. Only the rows that name one are written: at most the webhooks of 30 days.

ALTER TABLE webhook_deliveries ADD COLUMN customer_id TEXT;

UPDATE webhook_deliveries SET customer_id = json_extract(fields, '$.customer_id')
WHERE fields LIKE '%"customer_id":"%';

CREATE INDEX ix_webhook_deliveries_customer ON webhook_deliveries (shop_id, customer_id) WHERE customer_id IS NOT NULL;
