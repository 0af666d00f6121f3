-- The shared lifecycle: its column names, slots for shoppers and for merchants, and a log of calls to models.

ALTER TABLE generations RENAME COLUMN processing_time_ms TO duration_ms;
ALTER TABLE generations RENAME COLUMN ai_model_used TO model_used;
ALTER TABLE generations ADD COLUMN cost_micros BIGINT;
ALTER TABLE generations ADD COLUMN started_at TEXT;
ALTER TABLE generations ADD COLUMN completed_at TEXT;

ALTER TABLE quotas ADD COLUMN merchant_max_concurrent BIGINT DEFAULT '2' NOT NULL;
ALTER TABLE quotas ADD COLUMN merchant_running BIGINT DEFAULT '0' NOT NULL;

ALTER TABLE jobs ADD COLUMN lane TEXT;
UPDATE jobs SET lane = 'shopper' WHERE kind = 'personalization.preview' AND status IN ('pending', 'running');

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
