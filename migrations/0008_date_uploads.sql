ALTER TABLE assets ADD COLUMN arrived_at TEXT;

DROP INDEX ix_assets_expiring;

CREATE INDEX ix_assets_due ON assets (expires_at) WHERE deleted_at IS NULL AND expires_at IS NOT NULL;

CREATE INDEX ix_assets_gone_uploads ON assets (id) WHERE deleted_at IS NOT NULL AND purpose = 'upload';

CREATE INDEX ix_rate_limits_expires_at ON rate_limits (expires_at);
