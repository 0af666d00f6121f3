CREATE TABLE product_bases (
  id TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  option_names TEXT,
  base_price BIGINT,
  currency TEXT,
  mockup TEXT,
  print_format TEXT DEFAULT 'jpg' NOT NULL,
  profile_asset_id TEXT,
  intent TEXT DEFAULT 'relative' NOT NULL,
  background TEXT DEFAULT '#ffffff' NOT NULL,
  is_active BIGINT DEFAULT '1' NOT NULL,
  sort_order BIGINT DEFAULT '0' NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  CONSTRAINT pk_product_bases PRIMARY KEY (id),
  CONSTRAINT ck_product_bases_option_names_json CHECK (option_names IS NULL OR json_valid(option_names)),
  CONSTRAINT ck_product_bases_mockup_json CHECK (mockup IS NULL OR json_valid(mockup)),
  CONSTRAINT ck_product_bases_print_format_known CHECK (print_format IN ('jpg', 'png', 'tiff', 'tiff-deflate', 'pdf')),
  CONSTRAINT ck_product_bases_intent_known CHECK (intent IN ('relative', 'perceptual')),
  CONSTRAINT fk_product_bases_shop_id FOREIGN KEY(shop_id) REFERENCES shops (id) ON DELETE CASCADE,
  CONSTRAINT fk_product_bases_profile_asset_id FOREIGN KEY(profile_asset_id) REFERENCES assets (id) ON DELETE SET NULL
);

CREATE INDEX ix_product_bases_profile_asset_id ON product_bases (profile_asset_id);

CREATE INDEX ix_product_bases_shop_id ON product_bases (shop_id);

CREATE TABLE product_base_variants (
  id TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  product_base_id TEXT NOT NULL,
  name TEXT NOT NULL,
  option_values TEXT,
  width_px BIGINT DEFAULT '0' NOT NULL,
  height_px BIGINT DEFAULT '0' NOT NULL,
  bleed_mm DOUBLE DEFAULT '0' NOT NULL,
  safe_mm DOUBLE DEFAULT '0' NOT NULL,
  dpi BIGINT DEFAULT '300' NOT NULL,
  price_modifier BIGINT DEFAULT '0' NOT NULL,
  is_active BIGINT DEFAULT '1' NOT NULL,
  sort_order BIGINT DEFAULT '0' NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  CONSTRAINT pk_product_base_variants PRIMARY KEY (id),
  CONSTRAINT ck_product_base_variants_option_values_json CHECK (option_values IS NULL OR json_valid(option_values)),
  CONSTRAINT fk_product_base_variants_shop_id FOREIGN KEY(shop_id) REFERENCES shops (id) ON DELETE CASCADE,
  CONSTRAINT fk_product_base_variants_product_base_id FOREIGN KEY(product_base_id) REFERENCES product_bases (id) ON DELETE CASCADE
);

CREATE INDEX ix_product_base_variants_product_base_id ON product_base_variants (product_base_id);

CREATE INDEX ix_product_base_variants_shop_id ON product_base_variants (shop_id);

CREATE TABLE product_product_bases (
  id TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  product_id TEXT NOT NULL,
  product_base_id TEXT NOT NULL,
  is_enabled BIGINT DEFAULT '1' NOT NULL,
  sort_order BIGINT DEFAULT '0' NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  CONSTRAINT pk_product_product_bases PRIMARY KEY (id),
  CONSTRAINT uq_product_product_bases_product_id_product_base_id UNIQUE (product_id, product_base_id),
  CONSTRAINT fk_product_product_bases_shop_id FOREIGN KEY(shop_id) REFERENCES shops (id) ON DELETE CASCADE,
  CONSTRAINT fk_product_product_bases_product_id FOREIGN KEY(product_id) REFERENCES products (id) ON DELETE CASCADE,
  CONSTRAINT fk_product_product_bases_product_base_id FOREIGN KEY(product_base_id) REFERENCES product_bases (id) ON DELETE CASCADE
);

CREATE INDEX ix_product_product_bases_product_base_id ON product_product_bases (product_base_id);

CREATE INDEX ix_product_product_bases_product_id ON product_product_bases (product_id);

CREATE INDEX ix_product_product_bases_shop_id ON product_product_bases (shop_id);

CREATE TABLE product_base_variant_mappings (
  id TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  product_id TEXT NOT NULL,
  product_base_variant_id TEXT NOT NULL,
  shopify_variant_id TEXT NOT NULL,
  is_active BIGINT DEFAULT '1' NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  CONSTRAINT pk_product_base_variant_mappings PRIMARY KEY (id),
  CONSTRAINT fk_product_base_variant_mappings_shop_id FOREIGN KEY(shop_id) REFERENCES shops (id) ON DELETE CASCADE,
  CONSTRAINT fk_product_base_variant_mappings_product_id FOREIGN KEY(product_id) REFERENCES products (id) ON DELETE CASCADE,
  CONSTRAINT fk_product_base_variant_mappings_product_base_variant_id FOREIGN KEY(product_base_variant_id) REFERENCES product_base_variants (id) ON DELETE CASCADE
);

CREATE INDEX ix_product_base_variant_mappings_product_base_variant_id ON product_base_variant_mappings (product_base_variant_id);

CREATE INDEX ix_product_base_variant_mappings_product_id ON product_base_variant_mappings (product_id);

CREATE INDEX ix_product_base_variant_mappings_shop_id ON product_base_variant_mappings (shop_id);

CREATE UNIQUE INDEX uq_product_base_variant_mappings_active ON product_base_variant_mappings (product_id, shopify_variant_id) WHERE is_active = 1;

ALTER TABLE generations ADD COLUMN preflight TEXT CONSTRAINT ck_generations_preflight_json CHECK (preflight IS NULL OR json_valid(preflight));

ALTER TABLE generations ADD COLUMN mockup_asset_id TEXT CONSTRAINT fk_generations_mockup_asset_id REFERENCES assets (id) ON DELETE SET NULL;

CREATE INDEX ix_generations_mockup_asset_id ON generations (mockup_asset_id);
