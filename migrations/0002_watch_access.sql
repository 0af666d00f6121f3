-- Whether a shop's access still holds: when the app was last seen installed, when its token was lost; and the
-- legacy code grant's one-time states.

ALTER TABLE shops ADD COLUMN proven_at TEXT;

ALTER TABLE shops ADD COLUMN access_lost_at TEXT;

CREATE INDEX ix_access_tokens_refresh_expires_at ON access_tokens (refresh_expires_at);

CREATE TABLE oauth_states (
  state_hash TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  CONSTRAINT pk_oauth_states PRIMARY KEY (state_hash)
);

CREATE INDEX ix_oauth_states_expires_at ON oauth_states (expires_at);

CREATE INDEX ix_jobs_shop_id_status ON jobs (shop_id, status);
