-- Generated from the table metadata by `artify db schema`. Change the tables, then run it again.

CREATE TABLE audit_log (
  id TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  at TEXT NOT NULL,
  detail TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  CONSTRAINT pk_audit_log PRIMARY KEY (id),
  CONSTRAINT ck_audit_log_detail_json CHECK (detail IS NULL OR json_valid(detail))
);

CREATE INDEX ix_audit_log_shop ON audit_log (shop_id, id);

CREATE TABLE jobs (
  id TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  dedupe_key TEXT NOT NULL,
  payload TEXT,
  status TEXT DEFAULT 'pending' NOT NULL,
  priority BIGINT DEFAULT '0' NOT NULL,
  run_at TEXT NOT NULL,
  attempts BIGINT DEFAULT '0' NOT NULL,
  lease_token TEXT,
  lease_until TEXT,
  lease_order TEXT,
  woken_at TEXT,
  last_error TEXT,
  progress BIGINT DEFAULT '0' NOT NULL,
  lane TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  CONSTRAINT pk_jobs PRIMARY KEY (id),
  CONSTRAINT ck_jobs_payload_json CHECK (payload IS NULL OR json_valid(payload)),
  CONSTRAINT ck_jobs_status_known CHECK (status IN ('pending', 'running', 'done', 'failed', 'dead', 'cancelled')),
  CONSTRAINT uq_jobs_dedupe_key UNIQUE (dedupe_key)
);

CREATE INDEX ix_jobs_given_up ON jobs (shop_id, kind, subject_id, status, id) WHERE status IN ('failed', 'dead');

CREATE INDEX ix_jobs_open ON jobs (status, priority, shop_id, kind, run_at, id) WHERE status IN ('pending', 'running');

CREATE INDEX ix_jobs_shop_id_lease_order ON jobs (shop_id, lease_order);

CREATE INDEX ix_jobs_shop_id_status ON jobs (shop_id, status);

CREATE INDEX ix_jobs_shop_id_subject_id ON jobs (shop_id, subject_id);

CREATE TABLE oauth_states (
  state_hash TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  CONSTRAINT pk_oauth_states PRIMARY KEY (state_hash)
);

CREATE INDEX ix_oauth_states_expires_at ON oauth_states (expires_at);

CREATE TABLE rate_limits (
  "key" TEXT NOT NULL,
  window_start TEXT NOT NULL,
  count BIGINT DEFAULT '0' NOT NULL,
  expires_at TEXT NOT NULL,
  CONSTRAINT pk_rate_limits PRIMARY KEY ("key")
);

CREATE INDEX ix_rate_limits_expires_at ON rate_limits (expires_at);

CREATE TABLE shops (
  id TEXT NOT NULL,
  shop_name TEXT,
  email TEXT,
  plan_name TEXT DEFAULT 'starter' NOT NULL,
  scope TEXT,
  currency TEXT DEFAULT 'USD' NOT NULL,
  timezone TEXT DEFAULT 'UTC' NOT NULL,
  locale TEXT DEFAULT 'en' NOT NULL,
  is_active BIGINT DEFAULT '1' NOT NULL,
  installed_at TEXT,
  uninstalled_at TEXT,
  settings TEXT,
  ai_key_cipher TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  proven_at TEXT,
  access_lost_at TEXT,
  mailed_at TEXT,
  block_seen_at TEXT,
  CONSTRAINT pk_shops PRIMARY KEY (id),
  CONSTRAINT ck_shops_settings_json CHECK (settings IS NULL OR json_valid(settings))
);

CREATE TABLE sweeps (
  name TEXT NOT NULL,
  cursor TEXT,
  begun_at TEXT NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  CONSTRAINT pk_sweeps PRIMARY KEY (name)
);

CREATE TABLE webhook_deliveries (
  id TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  topic TEXT NOT NULL,
  event_id TEXT NOT NULL,
  webhook_id TEXT,
  triggered_at TEXT,
  status TEXT DEFAULT 'received' NOT NULL,
  fields TEXT,
  error TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  job_kind TEXT DEFAULT '' NOT NULL,
  customer_id TEXT,
  CONSTRAINT pk_webhook_deliveries PRIMARY KEY (id),
  CONSTRAINT ck_webhook_deliveries_fields_json CHECK (fields IS NULL OR json_valid(fields)),
  CONSTRAINT uq_webhook_deliveries_shop_id_topic_event_id_job_kind UNIQUE (shop_id, topic, event_id, job_kind),
  CONSTRAINT ck_webhook_deliveries_status_known CHECK (status IN ('received', 'done', 'failed', 'ignored'))
);

CREATE INDEX ix_webhook_deliveries_customer ON webhook_deliveries (shop_id, customer_id) WHERE customer_id IS NOT NULL;

CREATE INDEX ix_webhook_deliveries_failed ON webhook_deliveries (shop_id, created_at) WHERE status = 'failed';

CREATE TABLE access_tokens (
  shop_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  access_cipher TEXT NOT NULL,
  access_expires_at TEXT,
  refresh_cipher TEXT,
  refresh_expires_at TEXT,
  scope TEXT,
  version BIGINT DEFAULT '1' NOT NULL,
  refresh_lease TEXT,
  refresh_lease_until TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  CONSTRAINT pk_access_tokens PRIMARY KEY (shop_id, kind),
  CONSTRAINT ck_access_tokens_kind_known CHECK (kind IN ('offline', 'online')),
  CONSTRAINT fk_access_tokens_shop_id FOREIGN KEY(shop_id) REFERENCES shops (id) ON DELETE CASCADE
);

CREATE INDEX ix_access_tokens_refresh_expires_at ON access_tokens (refresh_expires_at);

CREATE TABLE api_usage (
  id TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  job_id TEXT NOT NULL,
  operation TEXT NOT NULL,
  subject_type TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  api_type TEXT NOT NULL,
  service TEXT NOT NULL,
  model TEXT NOT NULL,
  images_requested BIGINT DEFAULT '0' NOT NULL,
  images_returned BIGINT DEFAULT '0' NOT NULL,
  prompt_chars BIGINT DEFAULT '0' NOT NULL,
  input_tokens BIGINT DEFAULT '0' NOT NULL,
  output_tokens BIGINT DEFAULT '0' NOT NULL,
  cost_micros BIGINT DEFAULT '0' NOT NULL,
  success BIGINT DEFAULT '0' NOT NULL,
  error_code TEXT,
  error_message TEXT,
  duration_ms BIGINT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  CONSTRAINT pk_api_usage PRIMARY KEY (id),
  CONSTRAINT fk_api_usage_shop_id FOREIGN KEY(shop_id) REFERENCES shops (id) ON DELETE CASCADE
);

CREATE INDEX ix_api_usage_subject ON api_usage (shop_id, subject_id);

CREATE TABLE api_usage_daily (
  shop_id TEXT NOT NULL,
  day TEXT NOT NULL,
  operation TEXT NOT NULL,
  service TEXT NOT NULL,
  model TEXT NOT NULL,
  calls BIGINT DEFAULT '0' NOT NULL,
  failures BIGINT DEFAULT '0' NOT NULL,
  images BIGINT DEFAULT '0' NOT NULL,
  input_tokens BIGINT DEFAULT '0' NOT NULL,
  output_tokens BIGINT DEFAULT '0' NOT NULL,
  cost_micros BIGINT DEFAULT '0' NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  CONSTRAINT pk_api_usage_daily PRIMARY KEY (shop_id, day, operation, service, model),
  CONSTRAINT fk_api_usage_daily_shop_id FOREIGN KEY(shop_id) REFERENCES shops (id) ON DELETE CASCADE
);

CREATE TABLE guest_sessions (
  id TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  token_hash TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  CONSTRAINT pk_guest_sessions PRIMARY KEY (id),
  CONSTRAINT uq_guest_sessions_shop_id_token_hash UNIQUE (shop_id, token_hash),
  CONSTRAINT fk_guest_sessions_shop_id FOREIGN KEY(shop_id) REFERENCES shops (id) ON DELETE CASCADE
);

CREATE TABLE orders (
  id TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  shopify_order_id TEXT NOT NULL,
  customer_id TEXT,
  order_number TEXT,
  total_price BIGINT,
  currency TEXT,
  status TEXT DEFAULT 'open' NOT NULL,
  paid_at TEXT,
  cancelled_at TEXT,
  is_test BIGINT DEFAULT '0' NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  as_of TEXT,
  revision BIGINT DEFAULT '0' NOT NULL,
  customer_as_of TEXT,
  CONSTRAINT pk_orders PRIMARY KEY (id),
  CONSTRAINT uq_orders_shop_id_shopify_order_id UNIQUE (shop_id, shopify_order_id),
  CONSTRAINT ck_orders_status_known CHECK (status IN ('open', 'paid', 'partially_refunded', 'refunded', 'cancelled')),
  CONSTRAINT fk_orders_shop_id FOREIGN KEY(shop_id) REFERENCES shops (id) ON DELETE CASCADE
);

CREATE INDEX ix_orders_number ON orders (shop_id, order_number COLLATE BINARY, id);

CREATE INDEX ix_orders_shop_id_customer_id ON orders (shop_id, customer_id);

CREATE TABLE products (
  id TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  shopify_product_id TEXT,
  title TEXT NOT NULL,
  description TEXT,
  sku TEXT,
  vendor TEXT,
  handle TEXT,
  custom_fields TEXT,
  is_enabled BIGINT DEFAULT '1' NOT NULL,
  is_active BIGINT DEFAULT '1' NOT NULL,
  archived_at TEXT,
  synced_at TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  variants TEXT,
  variant_count BIGINT,
  CONSTRAINT pk_products PRIMARY KEY (id),
  CONSTRAINT ck_products_custom_fields_json CHECK (custom_fields IS NULL OR json_valid(custom_fields)),
  CONSTRAINT ck_products_variants_json CHECK (variants IS NULL OR json_valid(variants)),
  CONSTRAINT uq_products_shop_id_shopify_product_id UNIQUE (shop_id, shopify_product_id),
  CONSTRAINT fk_products_shop_id FOREIGN KEY(shop_id) REFERENCES shops (id) ON DELETE CASCADE
);

CREATE INDEX ix_products_enabled ON products (shop_id, title, id) WHERE is_enabled = 1 AND archived_at IS NULL;

CREATE INDEX ix_products_title ON products (shop_id, title, id);

CREATE TABLE quotas (
  shop_id TEXT NOT NULL,
  monthly_generation_limit BIGINT DEFAULT '500' NOT NULL,
  storage_quota_bytes BIGINT DEFAULT '1048576000' NOT NULL,
  max_concurrent BIGINT DEFAULT '3' NOT NULL,
  period TEXT NOT NULL,
  current_generations BIGINT DEFAULT '0' NOT NULL,
  running BIGINT DEFAULT '0' NOT NULL,
  current_storage_bytes BIGINT DEFAULT '0' NOT NULL,
  last_reset_at TEXT NOT NULL,
  total_generations BIGINT DEFAULT '0' NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  merchant_max_concurrent BIGINT DEFAULT '2' NOT NULL,
  merchant_running BIGINT DEFAULT '0' NOT NULL,
  CONSTRAINT pk_quotas PRIMARY KEY (shop_id),
  CONSTRAINT fk_quotas_shop_id FOREIGN KEY(shop_id) REFERENCES shops (id) ON DELETE CASCADE
);

CREATE TABLE shoppers (
  id TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  shopify_customer_id TEXT NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  CONSTRAINT pk_shoppers PRIMARY KEY (id),
  CONSTRAINT uq_shoppers_shop_id_shopify_customer_id UNIQUE (shop_id, shopify_customer_id),
  CONSTRAINT fk_shoppers_shop_id FOREIGN KEY(shop_id) REFERENCES shops (id) ON DELETE CASCADE
);

CREATE TABLE assets (
  id TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  "key" TEXT NOT NULL,
  purpose TEXT NOT NULL,
  filename TEXT,
  mime TEXT NOT NULL,
  bytes BIGINT DEFAULT '0' NOT NULL,
  width BIGINT,
  height BIGINT,
  sha256 TEXT,
  parent_asset_id TEXT,
  owner_type TEXT,
  owner_id TEXT,
  shopper_id TEXT,
  guest_session_id TEXT,
  expires_at TEXT,
  deleted_at TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  arrived_at TEXT,
  CONSTRAINT pk_assets PRIMARY KEY (id),
  CONSTRAINT fk_assets_shop_id FOREIGN KEY(shop_id) REFERENCES shops (id) ON DELETE CASCADE,
  CONSTRAINT uq_assets_key UNIQUE ("key"),
  CONSTRAINT fk_assets_parent_asset_id FOREIGN KEY(parent_asset_id) REFERENCES assets (id) ON DELETE SET NULL,
  CONSTRAINT fk_assets_shopper_id FOREIGN KEY(shopper_id) REFERENCES shoppers (id) ON DELETE SET NULL,
  CONSTRAINT fk_assets_guest_session_id FOREIGN KEY(guest_session_id) REFERENCES guest_sessions (id) ON DELETE SET NULL
);

CREATE INDEX ix_assets_deleted ON assets (id) WHERE deleted_at IS NOT NULL;

CREATE INDEX ix_assets_due ON assets (expires_at) WHERE deleted_at IS NULL AND expires_at IS NOT NULL;

CREATE INDEX ix_assets_guest_session_id ON assets (guest_session_id);

CREATE INDEX ix_assets_live_bytes ON assets (shop_id, bytes) WHERE deleted_at IS NULL;

CREATE INDEX ix_assets_parent_asset_id ON assets (parent_asset_id) WHERE parent_asset_id IS NOT NULL;

CREATE INDEX ix_assets_shop_id_id ON assets (shop_id, id);

CREATE INDEX ix_assets_shopper_id_shop_id ON assets (shopper_id, shop_id);

CREATE TABLE sizes (
  id TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  product_id TEXT NOT NULL,
  shopify_variant_id TEXT,
  name TEXT NOT NULL,
  width_px BIGINT DEFAULT '0' NOT NULL,
  height_px BIGINT DEFAULT '0' NOT NULL,
  is_active BIGINT DEFAULT '1' NOT NULL,
  sort_order BIGINT DEFAULT '0' NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  CONSTRAINT pk_sizes PRIMARY KEY (id),
  CONSTRAINT fk_sizes_shop_id FOREIGN KEY(shop_id) REFERENCES shops (id) ON DELETE CASCADE,
  CONSTRAINT fk_sizes_product_id FOREIGN KEY(product_id) REFERENCES products (id) ON DELETE RESTRICT
);

CREATE INDEX ix_sizes_named ON sizes (shop_id, name, width_px, height_px, id) WHERE is_active = 1;

CREATE INDEX ix_sizes_product_id_shop_id ON sizes (product_id, shop_id);

CREATE INDEX ix_sizes_variant ON sizes (shop_id, shopify_variant_id);

CREATE TABLE ai_styles (
  id TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  name TEXT NOT NULL,
  prompt_template TEXT NOT NULL,
  example_asset_id TEXT,
  reference_asset_id TEXT,
  is_active BIGINT DEFAULT '1' NOT NULL,
  sort_order BIGINT DEFAULT '0' NOT NULL,
  usage_count BIGINT DEFAULT '0' NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  starter TEXT,
  archived_at TEXT,
  CONSTRAINT pk_ai_styles PRIMARY KEY (id),
  CONSTRAINT fk_ai_styles_shop_id FOREIGN KEY(shop_id) REFERENCES shops (id) ON DELETE CASCADE,
  CONSTRAINT fk_ai_styles_example_asset_id FOREIGN KEY(example_asset_id) REFERENCES assets (id) ON DELETE SET NULL,
  CONSTRAINT fk_ai_styles_reference_asset_id FOREIGN KEY(reference_asset_id) REFERENCES assets (id) ON DELETE SET NULL
);

CREATE INDEX ix_ai_styles_example_asset_id ON ai_styles (example_asset_id);

CREATE INDEX ix_ai_styles_reference_asset_id ON ai_styles (reference_asset_id);

CREATE INDEX ix_ai_styles_shop_id ON ai_styles (shop_id);

CREATE UNIQUE INDEX uq_ai_styles_starter ON ai_styles (shop_id, starter);

CREATE TABLE print_archives (
  id TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  status TEXT DEFAULT 'pending' NOT NULL,
  progress BIGINT DEFAULT '0' NOT NULL,
  with_sent BIGINT DEFAULT '0' NOT NULL,
  since TEXT,
  until TEXT,
  asset_id TEXT,
  print_asset_ids TEXT,
  missing BIGINT DEFAULT '0' NOT NULL,
  has_more BIGINT DEFAULT '0' NOT NULL,
  error_message TEXT,
  sent_at TEXT,
  completed_at TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  CONSTRAINT pk_print_archives PRIMARY KEY (id),
  CONSTRAINT ck_print_archives_print_asset_ids_json CHECK (print_asset_ids IS NULL OR json_valid(print_asset_ids)),
  CONSTRAINT ck_print_archives_status_known CHECK (status IN ('pending', 'processing', 'completed', 'failed', 'cancelled')),
  CONSTRAINT uq_print_archives_shop_id UNIQUE (shop_id),
  CONSTRAINT fk_print_archives_shop_id FOREIGN KEY(shop_id) REFERENCES shops (id) ON DELETE CASCADE,
  CONSTRAINT fk_print_archives_asset_id FOREIGN KEY(asset_id) REFERENCES assets (id) ON DELETE SET NULL
);

CREATE INDEX ix_print_archives_asset_id ON print_archives (asset_id);

CREATE TABLE privacy_requests (
  id TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  shopify_customer_id TEXT,
  state TEXT DEFAULT 'open' NOT NULL,
  asked_by TEXT NOT NULL,
  asset_id TEXT,
  completed_at TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  CONSTRAINT pk_privacy_requests PRIMARY KEY (id),
  CONSTRAINT ck_privacy_requests_kind_known CHECK (kind IN ('export', 'redaction')),
  CONSTRAINT ck_privacy_requests_state_known CHECK (state IN ('open', 'done', 'failed')),
  CONSTRAINT fk_privacy_requests_shop_id FOREIGN KEY(shop_id) REFERENCES shops (id) ON DELETE CASCADE,
  CONSTRAINT fk_privacy_requests_asset_id FOREIGN KEY(asset_id) REFERENCES assets (id) ON DELETE SET NULL
);

CREATE INDEX ix_privacy_requests_asset_id ON privacy_requests (asset_id);

CREATE INDEX ix_privacy_requests_customer ON privacy_requests (shop_id, shopify_customer_id) WHERE shopify_customer_id IS NOT NULL;

CREATE INDEX ix_privacy_requests_shop ON privacy_requests (shop_id, id);

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
  starter TEXT,
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

CREATE UNIQUE INDEX uq_product_bases_starter ON product_bases (shop_id, starter);

CREATE TABLE watermarks (
  id TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  asset_id TEXT,
  text TEXT,
  opacity DOUBLE DEFAULT '0.3' NOT NULL,
  position TEXT DEFAULT 'bottom-right' NOT NULL,
  size_percentage DOUBLE DEFAULT '10' NOT NULL,
  is_active BIGINT DEFAULT '1' NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  CONSTRAINT pk_watermarks PRIMARY KEY (id),
  CONSTRAINT ck_watermarks_position_known CHECK (position IN ('top-left', 'top-right', 'bottom-left', 'bottom-right', 'center', 'tiled')),
  CONSTRAINT uq_watermarks_shop_id UNIQUE (shop_id),
  CONSTRAINT fk_watermarks_shop_id FOREIGN KEY(shop_id) REFERENCES shops (id) ON DELETE CASCADE,
  CONSTRAINT fk_watermarks_asset_id FOREIGN KEY(asset_id) REFERENCES assets (id) ON DELETE SET NULL
);

CREATE INDEX ix_watermarks_asset_id ON watermarks (asset_id);

CREATE TABLE generations (
  id TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  product_id TEXT NOT NULL,
  ai_style_id TEXT NOT NULL,
  order_id TEXT,
  size_id TEXT,
  shopper_id TEXT,
  guest_session_id TEXT,
  upload_asset_id TEXT,
  master_asset_id TEXT,
  preview_asset_id TEXT,
  final_asset_id TEXT,
  generation_type TEXT NOT NULL,
  status TEXT DEFAULT 'pending' NOT NULL,
  progress BIGINT DEFAULT '0' NOT NULL,
  error_code TEXT,
  error_message TEXT,
  model_used TEXT,
  duration_ms BIGINT,
  cost_micros BIGINT,
  idempotency_key TEXT,
  started_at TEXT,
  completed_at TEXT,
  crop TEXT,
  ai_prompt_used TEXT NOT NULL,
  generation_params TEXT,
  upscale_status TEXT DEFAULT 'not_needed' NOT NULL,
  upscale_factor DOUBLE,
  original_width BIGINT,
  original_height BIGINT,
  final_width BIGINT,
  final_height BIGINT,
  upscale_started_at TEXT,
  upscale_completed_at TEXT,
  pinned_at TEXT,
  quota_period TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  preflight TEXT,
  mockup_asset_id TEXT,
  tiles BIGINT,
  tiles_fell_back BIGINT,
  CONSTRAINT pk_generations PRIMARY KEY (id),
  CONSTRAINT ck_generations_status_known CHECK (status IN ('pending', 'processing', 'completed', 'failed', 'cancelled')),
  CONSTRAINT ck_generations_crop_json CHECK (crop IS NULL OR json_valid(crop)),
  CONSTRAINT ck_generations_generation_params_json CHECK (generation_params IS NULL OR json_valid(generation_params)),
  CONSTRAINT ck_generations_preflight_json CHECK (preflight IS NULL OR json_valid(preflight)),
  CONSTRAINT uq_generations_shopper_id_idempotency_key UNIQUE (shopper_id, idempotency_key),
  CONSTRAINT uq_generations_guest_session_id_idempotency_key UNIQUE (guest_session_id, idempotency_key),
  CONSTRAINT ck_generations_upscale_status_known CHECK (upscale_status IN ('not_needed', 'pending', 'processing', 'completed', 'failed')),
  CONSTRAINT fk_generations_shop_id FOREIGN KEY(shop_id) REFERENCES shops (id) ON DELETE CASCADE,
  CONSTRAINT fk_generations_product_id FOREIGN KEY(product_id) REFERENCES products (id) ON DELETE RESTRICT,
  CONSTRAINT fk_generations_ai_style_id FOREIGN KEY(ai_style_id) REFERENCES ai_styles (id) ON DELETE RESTRICT,
  CONSTRAINT fk_generations_order_id FOREIGN KEY(order_id) REFERENCES orders (id) ON DELETE RESTRICT,
  CONSTRAINT fk_generations_size_id FOREIGN KEY(size_id) REFERENCES sizes (id) ON DELETE RESTRICT,
  CONSTRAINT fk_generations_shopper_id FOREIGN KEY(shopper_id) REFERENCES shoppers (id) ON DELETE SET NULL,
  CONSTRAINT fk_generations_guest_session_id FOREIGN KEY(guest_session_id) REFERENCES guest_sessions (id) ON DELETE SET NULL,
  CONSTRAINT fk_generations_upload_asset_id FOREIGN KEY(upload_asset_id) REFERENCES assets (id) ON DELETE SET NULL,
  CONSTRAINT fk_generations_master_asset_id FOREIGN KEY(master_asset_id) REFERENCES assets (id) ON DELETE SET NULL,
  CONSTRAINT fk_generations_preview_asset_id FOREIGN KEY(preview_asset_id) REFERENCES assets (id) ON DELETE SET NULL,
  CONSTRAINT fk_generations_final_asset_id FOREIGN KEY(final_asset_id) REFERENCES assets (id) ON DELETE SET NULL,
  CONSTRAINT fk_generations_mockup_asset_id FOREIGN KEY(mockup_asset_id) REFERENCES assets (id) ON DELETE SET NULL
);

CREATE INDEX ix_generations_ai_style_id ON generations (ai_style_id);

CREATE INDEX ix_generations_final_asset_id ON generations (final_asset_id);

CREATE INDEX ix_generations_master_asset_id ON generations (master_asset_id);

CREATE INDEX ix_generations_mockup_asset_id ON generations (mockup_asset_id) WHERE mockup_asset_id IS NOT NULL;

CREATE INDEX ix_generations_order_id ON generations (order_id);

CREATE INDEX ix_generations_preview_asset_id ON generations (preview_asset_id);

CREATE INDEX ix_generations_product_id ON generations (product_id);

CREATE INDEX ix_generations_shop_id_created_at ON generations (shop_id, created_at);

CREATE INDEX ix_generations_shop_id_guest_session_id ON generations (shop_id, guest_session_id);

CREATE INDEX ix_generations_shop_id_id ON generations (shop_id, id);

CREATE INDEX ix_generations_shop_id_shopper_id_id ON generations (shop_id, shopper_id, id);

CREATE INDEX ix_generations_size_id ON generations (size_id);

CREATE INDEX ix_generations_unwanted ON generations (shop_id, updated_at) WHERE pinned_at IS NULL AND (master_asset_id IS NOT NULL OR preview_asset_id IS NOT NULL OR mockup_asset_id IS NOT NULL);

CREATE INDEX ix_generations_upload_asset_id_shop_id ON generations (upload_asset_id, shop_id);

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

CREATE INDEX ix_product_product_bases_shop_id_product_base_id ON product_product_bases (shop_id, product_base_id);

CREATE INDEX ix_product_product_bases_shop_id_product_id ON product_product_bases (shop_id, product_id);

CREATE TABLE product_styles (
  id TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  product_id TEXT NOT NULL,
  ai_style_id TEXT NOT NULL,
  sort_order BIGINT DEFAULT '0' NOT NULL,
  is_enabled BIGINT DEFAULT '1' NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  CONSTRAINT pk_product_styles PRIMARY KEY (id),
  CONSTRAINT uq_product_styles_product_id_ai_style_id UNIQUE (product_id, ai_style_id),
  CONSTRAINT fk_product_styles_shop_id FOREIGN KEY(shop_id) REFERENCES shops (id) ON DELETE CASCADE,
  CONSTRAINT fk_product_styles_product_id FOREIGN KEY(product_id) REFERENCES products (id) ON DELETE CASCADE,
  CONSTRAINT fk_product_styles_ai_style_id FOREIGN KEY(ai_style_id) REFERENCES ai_styles (id) ON DELETE CASCADE
);

CREATE INDEX ix_product_styles_ai_style_id ON product_styles (ai_style_id);

CREATE INDEX ix_product_styles_shop_id_product_id ON product_styles (shop_id, product_id);

CREATE TABLE order_items (
  id TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  order_id TEXT NOT NULL,
  shopify_line_item_id TEXT NOT NULL,
  title TEXT,
  quantity BIGINT DEFAULT '1' NOT NULL,
  shopify_product_id TEXT,
  shopify_variant_id TEXT,
  preview_ref TEXT NOT NULL,
  preview_generation_id TEXT,
  final_generation_id TEXT,
  print_asset_id TEXT,
  size_id TEXT,
  state TEXT DEFAULT 'waiting' NOT NULL,
  reason TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  approved_at TEXT,
  proposed_generation_id TEXT,
  unread TEXT,
  sent_to_printer_at TEXT,
  CONSTRAINT pk_order_items PRIMARY KEY (id),
  CONSTRAINT uq_order_items_shop_id_shopify_line_item_id UNIQUE (shop_id, shopify_line_item_id),
  CONSTRAINT ck_order_items_state_known CHECK (state IN ('waiting', 'queued', 'printing', 'ready', 'needs_review', 'unmapped', 'failed', 'cancelled')),
  CONSTRAINT fk_order_items_shop_id FOREIGN KEY(shop_id) REFERENCES shops (id) ON DELETE CASCADE,
  CONSTRAINT fk_order_items_order_id FOREIGN KEY(order_id) REFERENCES orders (id) ON DELETE CASCADE,
  CONSTRAINT fk_order_items_preview_generation_id FOREIGN KEY(preview_generation_id) REFERENCES generations (id) ON DELETE RESTRICT,
  CONSTRAINT fk_order_items_final_generation_id FOREIGN KEY(final_generation_id) REFERENCES generations (id) ON DELETE RESTRICT,
  CONSTRAINT fk_order_items_print_asset_id FOREIGN KEY(print_asset_id) REFERENCES assets (id) ON DELETE RESTRICT,
  CONSTRAINT fk_order_items_size_id FOREIGN KEY(size_id) REFERENCES sizes (id) ON DELETE RESTRICT,
  CONSTRAINT fk_order_items_proposed_generation_id FOREIGN KEY(proposed_generation_id) REFERENCES generations (id) ON DELETE RESTRICT
);

CREATE INDEX ix_order_items_final_generation_id ON order_items (final_generation_id);

CREATE INDEX ix_order_items_order_id_shop_id ON order_items (order_id, shop_id);

CREATE INDEX ix_order_items_preview_generation_id ON order_items (preview_generation_id);

CREATE INDEX ix_order_items_print_asset_id ON order_items (print_asset_id);

CREATE INDEX ix_order_items_proposed_generation_id ON order_items (proposed_generation_id) WHERE proposed_generation_id IS NOT NULL;

CREATE INDEX ix_order_items_shop_id_created_at_id ON order_items (shop_id, created_at, id);

CREATE INDEX ix_order_items_shop_id_state_created_at_id ON order_items (shop_id, state, created_at, id);

CREATE INDEX ix_order_items_size_id ON order_items (size_id);

CREATE INDEX ix_order_items_unsent ON order_items (shop_id, state, created_at, id) WHERE state = 'ready' AND sent_to_printer_at IS NULL AND print_asset_id IS NOT NULL;

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
