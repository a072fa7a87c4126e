-- v3 -> v4 (compatible with v1+): what waits in the inbox until the rest of its lane's past is there, too
ALTER TABLE inbox ADD COLUMN held BOOLEAN NOT NULL DEFAULT false; -- it is not delivered until it is released
