-- v1 -> v2: history stands in the inbox, too, in front of what came since
ALTER TABLE inbox ADD COLUMN past BOOLEAN NOT NULL DEFAULT false; -- it was said before the login was made
