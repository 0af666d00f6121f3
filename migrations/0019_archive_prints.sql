-- When a line's print file was marked as sent to the printer. Lines of earlier orders count as not sent.
ALTER TABLE order_items ADD COLUMN sent_to_printer_at TEXT;

CREATE INDEX ix_order_items_unsent ON order_items (shop_id, state, created_at, id) WHERE state = 'ready' AND sent_to_printer_at IS NULL AND print_asset_id IS NOT NULL;

-- The shop's latest ZIP of print files.
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
