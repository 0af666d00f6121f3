-- Shops take turns: when each job was last leased, and open jobs by shop, so that the first of each shop is found
-- without reading the others.

ALTER TABLE jobs ADD COLUMN lease_order TEXT;

CREATE INDEX ix_jobs_shop_id_lease_order ON jobs (shop_id, lease_order);

DROP INDEX ix_jobs_open;

CREATE INDEX ix_jobs_open ON jobs (status, priority, shop_id, kind, run_at, id) WHERE status IN ('pending', 'running');
