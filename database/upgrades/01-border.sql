-- v0 -> v1: the tables of the border: what waits on the way in and out, which rooms were made, and what the gate decided

-- only: postgres until "end only"
CREATE TABLE inbox (
	seq     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	network TEXT   NOT NULL,
	login   TEXT   NOT NULL,
	lane    TEXT   NOT NULL,
	id      TEXT   NOT NULL,
	at      BIGINT NOT NULL, -- when it came, Unix milliseconds
	key_id  TEXT   NOT NULL, -- which storage key sealed the payload
	sealed  bytea  NOT NULL,
	UNIQUE (network, login, id)
);

CREATE TABLE journal (
	seq     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	network TEXT   NOT NULL,
	event   TEXT   NOT NULL, -- Matrix event ID
	at      BIGINT NOT NULL,
	key_id  TEXT   NOT NULL,
	sealed  bytea  NOT NULL,
	UNIQUE (network, event)
);
-- end only postgres

-- only: sqlite until "end only"
CREATE TABLE inbox (
	seq     INTEGER PRIMARY KEY AUTOINCREMENT,
	network TEXT    NOT NULL,
	login   TEXT    NOT NULL,
	lane    TEXT    NOT NULL,
	id      TEXT    NOT NULL,
	at      BIGINT  NOT NULL, -- when it came, Unix milliseconds
	key_id  TEXT    NOT NULL, -- which storage key sealed the payload
	sealed  BLOB    NOT NULL,
	UNIQUE (network, login, id)
);

CREATE TABLE journal (
	seq     INTEGER PRIMARY KEY AUTOINCREMENT,
	network TEXT    NOT NULL,
	event   TEXT    NOT NULL, -- Matrix event ID
	at      BIGINT  NOT NULL,
	key_id  TEXT    NOT NULL,
	sealed  BLOB    NOT NULL,
	UNIQUE (network, event)
);
-- end only sqlite

CREATE TABLE room (
	network TEXT   NOT NULL,
	portal  TEXT   NOT NULL, -- names the portal that the room is for
	marker  TEXT   NOT NULL, -- stands in the room's creation, so that it is found again
	room    TEXT   NOT NULL, -- Matrix room ID; empty until its creation was answered
	PRIMARY KEY (network, portal)
);

CREATE TABLE decision (
	network   TEXT   NOT NULL,
	direction TEXT   NOT NULL, -- in, out
	key       TEXT   NOT NULL, -- names the attempt; a replay repeats it
	kind      TEXT   NOT NULL,
	portal    TEXT   NOT NULL,
	login     TEXT   NOT NULL,
	sender    TEXT   NOT NULL,
	size      BIGINT NOT NULL, -- bytes
	outcome   TEXT   NOT NULL,
	rule      TEXT   NOT NULL,
	at        BIGINT NOT NULL, -- Unix milliseconds
	PRIMARY KEY (network, direction, key)
);
CREATE INDEX decision_at_idx ON decision (at);
