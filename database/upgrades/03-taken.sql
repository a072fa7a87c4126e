-- v2 -> v3 (compatible with v1+): the newest transaction, so that it is known when the homeserver repeats it after a restart
CREATE TABLE taken (
	network TEXT NOT NULL PRIMARY KEY,
	events  TEXT NOT NULL -- JSON: the Matrix event IDs of the newest transaction that gave journal entries
);
