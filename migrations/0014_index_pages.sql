-- Pages and requests that take as long in a large shop as in a small one. Without statistics, SQLite prefers an index on
-- shop_id alone to one on the column that selects; an index that begins with shop_id and holds both serves either choice.

CREATE INDEX ix_order_items_shop_id_created_at_id ON order_items (shop_id, created_at, id);
CREATE INDEX ix_order_items_shop_id_state_created_at_id ON order_items (shop_id, state, created_at, id);
CREATE INDEX ix_orders_number ON orders (shop_id, order_number COLLATE BINARY, id);
CREATE INDEX ix_orders_shop_id_customer_id ON orders (shop_id, customer_id);
CREATE INDEX ix_products_enabled ON products (shop_id, title, id) WHERE is_enabled = 1 AND archived_at IS NULL;
CREATE INDEX ix_sizes_named ON sizes (shop_id, name, width_px, height_px, id) WHERE is_active = 1;
CREATE INDEX ix_jobs_given_up ON jobs (shop_id, kind, subject_id, status, id) WHERE status IN ('failed', 'dead');

CREATE INDEX ix_assets_shop_id_id ON assets (shop_id, id);
DROP INDEX ix_assets_shop_id;
CREATE INDEX ix_generations_shop_id_id ON generations (shop_id, id);
DROP INDEX ix_generations_shop_id;
CREATE INDEX ix_product_styles_shop_id_product_id ON product_styles (shop_id, product_id);
DROP INDEX ix_product_styles_shop_id;

-- Unique constraints begin with these columns, so their own indexes were superfluous.
CREATE INDEX ix_generations_shop_id_shopper_id_id ON generations (shop_id, shopper_id, id);
CREATE INDEX ix_generations_shop_id_guest_session_id ON generations (shop_id, guest_session_id);
DROP INDEX ix_generations_shopper_id;
DROP INDEX ix_generations_guest_session_id;
DROP INDEX ix_product_styles_product_id;
DROP INDEX ix_product_product_bases_product_id;

-- Without statistics, SQLite chooses by age between an index on one of these columns and one that begins with shop_id.
CREATE INDEX ix_assets_shopper_id_shop_id ON assets (shopper_id, shop_id);
DROP INDEX ix_assets_shopper_id;
CREATE INDEX ix_sizes_product_id_shop_id ON sizes (product_id, shop_id);
DROP INDEX ix_sizes_product_id;
CREATE INDEX ix_generations_upload_asset_id_shop_id ON generations (upload_asset_id, shop_id);
DROP INDEX ix_generations_upload_asset_id;

-- These are NULL in most rows. Once ANALYZE has found that, SQLite may read the whole table rather than the index.
DROP INDEX ix_order_items_proposed_generation_id;
CREATE INDEX ix_order_items_proposed_generation_id ON order_items (proposed_generation_id) WHERE proposed_generation_id IS NOT NULL;
DROP INDEX ix_generations_mockup_asset_id;
CREATE INDEX ix_generations_mockup_asset_id ON generations (mockup_asset_id) WHERE mockup_asset_id IS NOT NULL;
DROP INDEX ix_assets_parent_asset_id;
CREATE INDEX ix_assets_parent_asset_id ON assets (parent_asset_id) WHERE parent_asset_id IS NOT NULL;
