-- Endpoints of weight 2 get twice the requests of those of weight 1.
ALTER TABLE endpoints ADD COLUMN weight INTEGER NOT NULL DEFAULT 1;
UPDATE endpoints SET weight = 1;
