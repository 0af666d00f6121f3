-- What a merchant sets up: the variants of chosen products, where styles and blanks of the starter set went, archived
-- styles, and when the storefront block was first seen in the shop's theme.

ALTER TABLE shops ADD COLUMN block_seen_at TEXT;

ALTER TABLE products ADD COLUMN variants TEXT CONSTRAINT ck_products_variants_json CHECK (variants IS NULL OR json_valid(variants));
ALTER TABLE products ADD COLUMN variant_count BIGINT;
CREATE INDEX ix_products_title ON products (shop_id, title, id);

ALTER TABLE ai_styles ADD COLUMN starter TEXT;
ALTER TABLE ai_styles ADD COLUMN archived_at TEXT;
CREATE UNIQUE INDEX uq_ai_styles_starter ON ai_styles (shop_id, starter);

ALTER TABLE product_bases ADD COLUMN starter TEXT;
CREATE UNIQUE INDEX uq_product_bases_starter ON product_bases (shop_id, starter);
