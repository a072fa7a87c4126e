-- v1 -> v2 (compatible with v1+): history stands in the inbox, too, in front of what came since
ALTER TABLE inbox ADD COLUMN past BOOLEAN NOT NULL DEFAULT false; -- it was said before the login was made
