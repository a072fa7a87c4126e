-- v7 -> v8 (compatible with v1+): the audit log. docs/audit.md describes it; `passerelle audit verify` finds what was changed by hand
CREATE TABLE audit_head (
	one         INTEGER NOT NULL PRIMARY KEY CHECK (one = 1), -- the only row; who adds to the log locks it
	size        BIGINT  NOT NULL,                             -- entries
	pruned      BIGINT  NOT NULL,                             -- entries before this place were emptied
	checkpoints BIGINT  NOT NULL
);
INSERT INTO audit_head (one, size, pruned, checkpoints) VALUES (1, 0, 0, 0);

CREATE TABLE audit_checkpoint (
	size   BIGINT NOT NULL PRIMARY KEY,
	signed TEXT   NOT NULL -- a signed note
);

-- What is not known of an entry is empty, and so is all but seq and hashes once it was pruned.

-- only: postgres until "end only"
CREATE TABLE audit_entry (
	seq       BIGINT NOT NULL PRIMARY KEY,
	at        BIGINT NOT NULL, -- Unix milliseconds
	salt      TEXT   NOT NULL,
	event     TEXT   NOT NULL,
	network   TEXT   NOT NULL,
	actor     TEXT   NOT NULL, -- pseudonym, and so are portal, login, message and target
	portal    TEXT   NOT NULL,
	login     TEXT   NOT NULL,
	message   TEXT   NOT NULL,
	direction TEXT   NOT NULL,
	kind      TEXT   NOT NULL,
	size      BIGINT NOT NULL,
	verdict   TEXT   NOT NULL,
	rule      TEXT   NOT NULL,
	found     TEXT   NOT NULL,
	digest    TEXT   NOT NULL,
	action    TEXT   NOT NULL,
	target    TEXT   NOT NULL,
	detail    TEXT   NOT NULL,
	result    TEXT   NOT NULL,
	door      TEXT   NOT NULL,
	hashes    bytea  NOT NULL  -- of the entry, then of the subtrees that it makes whole
);
-- end only postgres

-- only: sqlite until "end only"
CREATE TABLE audit_entry (
	seq       INTEGER NOT NULL PRIMARY KEY,
	at        BIGINT  NOT NULL, -- Unix milliseconds
	salt      TEXT    NOT NULL,
	event     TEXT    NOT NULL,
	network   TEXT    NOT NULL,
	actor     TEXT    NOT NULL, -- pseudonym, and so are portal, login, message and target
	portal    TEXT    NOT NULL,
	login     TEXT    NOT NULL,
	message   TEXT    NOT NULL,
	direction TEXT    NOT NULL,
	kind      TEXT    NOT NULL,
	size      BIGINT  NOT NULL,
	verdict   TEXT    NOT NULL,
	rule      TEXT    NOT NULL,
	found     TEXT    NOT NULL,
	digest    TEXT    NOT NULL,
	action    TEXT    NOT NULL,
	target    TEXT    NOT NULL,
	detail    TEXT    NOT NULL,
	result    TEXT    NOT NULL,
	door      TEXT    NOT NULL,
	hashes    BLOB    NOT NULL  -- of the entry, then of the subtrees that it makes whole
);
-- end only sqlite
