-- v5 -> v6 (compatible with v1+): what waits for somebody's decision, and what administrators have set
CREATE TABLE approval (
	number     BIGINT NOT NULL PRIMARY KEY, -- rising; what people call it by
	network    TEXT   NOT NULL,
	direction  TEXT   NOT NULL, -- in, out
	key        TEXT   NOT NULL, -- the gate's, of the attempt
	kind       TEXT   NOT NULL,
	rule       TEXT   NOT NULL,
	portal     TEXT   NOT NULL,
	receiver   TEXT   NOT NULL,
	login      TEXT   NOT NULL,
	sender     TEXT   NOT NULL,
	room       TEXT   NOT NULL, -- where what goes out was written
	at         BIGINT NOT NULL, -- Unix milliseconds
	waits_for  TEXT   NOT NULL, -- held: an administrator; unconfirmed: the sender
	outcome    TEXT   NOT NULL, -- admitted, refused; empty: nobody has decided
	handed_on  BOOLEAN NOT NULL, -- what was decided has been brought about
	decided_by TEXT   NOT NULL, -- Matrix ID; empty: time
	decided_at BIGINT NOT NULL,
	UNIQUE (network, direction, key)
);
CREATE INDEX approval_portal_idx ON approval (network, portal);

-- What waits in the inbox for the decision about this key.
ALTER TABLE inbox ADD COLUMN awaits TEXT NOT NULL DEFAULT '';

CREATE TABLE portal_state (
	network  TEXT   NOT NULL,
	portal   TEXT   NOT NULL,
	receiver TEXT   NOT NULL,
	state    TEXT   NOT NULL, -- open, paused, read-only, closed
	mark     TEXT   NOT NULL, -- its sensitivity; empty: not marked
	set_by   TEXT   NOT NULL, -- Matrix ID
	set_at   BIGINT NOT NULL,
	PRIMARY KEY (network, portal, receiver)
);

CREATE TABLE login_setting (
	network TEXT    NOT NULL,
	login   TEXT    NOT NULL,
	daily   INTEGER NOT NULL, -- most messages a day that go out; 0: as many as there are
	off     BOOLEAN NOT NULL, -- it is not to be connected
	PRIMARY KEY (network, login)
);

CREATE TABLE contact (
	network  TEXT    NOT NULL,
	id       TEXT    NOT NULL, -- the network's
	blocked  BOOLEAN NOT NULL,
	erased   BIGINT  NOT NULL, -- Unix milliseconds; 0: never
	informed BIGINT  NOT NULL, -- when they were told whom they talk to; 0: not yet
	PRIMARY KEY (network, id)
);

-- When something last crossed in a portal, and how much in a day.
CREATE INDEX decision_portal_idx ON decision (network, portal, at);
