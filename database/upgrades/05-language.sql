-- v4 -> v5 (compatible with v1+): the language that a member of staff chose to be addressed in, on every network
CREATE TABLE language (
	person   TEXT NOT NULL PRIMARY KEY, -- Matrix user ID
	language TEXT NOT NULL              -- ISO 639-1
);
