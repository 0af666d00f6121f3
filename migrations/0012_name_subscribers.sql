-- A webhook may have several subscribers, each with a row and a job of its own: the kind of job joins the key of an event.
-- SQLite cannot change a constraint, so the table is made anew.

CREATE TABLE webhook_deliveries_copy AS SELECT * FROM webhook_deliveries;

DROP TABLE webhook_deliveries;

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
  CONSTRAINT pk_webhook_deliveries PRIMARY KEY (id),
  CONSTRAINT ck_webhook_deliveries_fields_json CHECK (fields IS NULL OR json_valid(fields)),
  CONSTRAINT uq_webhook_deliveries_shop_id_topic_event_id_job_kind UNIQUE (shop_id, topic, event_id, job_kind),
  CONSTRAINT ck_webhook_deliveries_status_known CHECK (status IN ('received', 'done', 'failed', 'ignored'))
);

INSERT INTO webhook_deliveries (
  id, shop_id, topic, event_id, webhook_id, triggered_at, status, fields, error, created_at, updated_at, job_kind
)
SELECT
  id, shop_id, topic, event_id, webhook_id, triggered_at, status, fields, error, created_at, updated_at,
  CASE topic
    WHEN 'app/uninstalled' THEN 'shops.uninstall'
    WHEN 'app/scopes_update' THEN 'shops.rescope'
    WHEN 'products/update' THEN 'catalog.update_product'
    WHEN 'products/delete' THEN 'catalog.delete_product'
    WHEN 'orders/create' THEN 'personalization.take_order'
    WHEN 'orders/paid' THEN 'personalization.take_order'
    WHEN 'orders/cancelled' THEN 'personalization.take_order'
    WHEN 'orders/edited' THEN 'personalization.reread_order'
    WHEN 'refunds/create' THEN 'personalization.reread_order'
    WHEN 'customers/data_request' THEN 'privacy.take_request'
    WHEN 'customers/redact' THEN 'privacy.take_request'
    WHEN 'shop/redact' THEN 'privacy.redact_shop'
    ELSE ''
  END
FROM webhook_deliveries_copy;

DROP TABLE webhook_deliveries_copy;

CREATE INDEX ix_webhook_deliveries_failed ON webhook_deliveries (shop_id, created_at) WHERE status = 'failed';
