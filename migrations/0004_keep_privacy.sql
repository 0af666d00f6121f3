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

CREATE TABLE sweeps (
  name TEXT NOT NULL,
  cursor TEXT,
  begun_at TEXT NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  CONSTRAINT pk_sweeps PRIMARY KEY (name)
);

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

CREATE INDEX ix_privacy_requests_shop ON privacy_requests (shop_id, id);

CREATE INDEX ix_generations_unordered ON generations (shop_id, updated_at) WHERE pinned_at IS NULL;

