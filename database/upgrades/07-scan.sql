-- v6 -> v7 (compatible with v1+): what a scanner found in a file
ALTER TABLE decision ADD COLUMN found TEXT NOT NULL DEFAULT '';  -- as the scanner calls it; '': nothing
ALTER TABLE decision ADD COLUMN digest TEXT NOT NULL DEFAULT ''; -- SHA-256 in hex of a file in which something was found
