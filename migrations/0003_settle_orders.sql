ALTER TABLE orders ADD COLUMN told_at TEXT;
ALTER TABLE orders ADD COLUMN revision BIGINT DEFAULT '0' NOT NULL;
ALTER TABLE order_items ADD COLUMN approved_at TEXT;
ALTER TABLE order_items ADD COLUMN proposed_generation_id TEXT CONSTRAINT fk_order_items_proposed_generation_id REFERENCES generations (id) ON DELETE RESTRICT;
CREATE INDEX ix_order_items_proposed_generation_id ON order_items (proposed_generation_id);
