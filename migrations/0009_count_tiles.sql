ALTER TABLE generations ADD COLUMN tiles BIGINT;

ALTER TABLE generations ADD COLUMN tiles_fell_back BIGINT;
