package console

import (
	"context"
	"time"

	"passerelle/portal/say"
)

// Policy is the rules of the border, as the console shows them.
type Policy interface {
	// Rules lists the rules in the order in which they are asked. An error is transient.
	Rules(ctx context.Context) ([]Rule, error)
	// Try tells what would become of a message. Nothing is kept of it and nothing is written down. An error says what the rules
	// cannot be asked about.
	Try(ctx context.Context, m Trial) (Judgement, error)
}

// Rule is a rule of the border.
type Rule struct {
	Name      string
	Condition string // as it is written
	Outcome   string // "admitted", "refused", "withheld", "held", "unconfirmed"
	Sentence  map[say.Language]string
	State     string // "on", "off", "broken"
	Fault     string // why it is broken
}

// Trial is a message that nobody sends.
type Trial struct {
	Direction string // "in", "out"
	Network   string
	Text      string
	FileName  string
	FileType  string // "application/pdf"
	FileSize  int64  // bytes
}

// Judgement is what would become of a message.
type Judgement struct {
	Outcome  string // as in Rule
	Rule     string // the one that decides
	Sentence map[say.Language]string
}

// Audit is what was written down, as the console shows it.
type Audit interface {
	// Search lists entries, the newest first. An error is transient, or [govern.ErrArgument].
	Search(ctx context.Context, q AuditQuery) (AuditPage, error)
	// Proof tells what the last verification found, at once.
	Proof() Proof
	// Verify has all of the log verified, and does not wait for it.
	Verify()
}

// AuditQuery chooses entries. The zero AuditQuery chooses all.
type AuditQuery struct {
	Since, Until time.Time
	Kind         string // of what crossed ("text"), or what was done: "sign-in", or target and verb ("portal.pause")
	Chat         string // pseudonym, or the network's identifier
	Actor        string // pseudonym, or a Matrix ID
	Verdict      string
	After        string // Next of a page: what is older
	Before       string // Previous of a page: what is newer; not with After
	Limit        int
}

// AuditPage is a part of the entries.
type AuditPage struct {
	Entries []AuditEntry
	Total   int    // on all pages; negative: they were not counted
	Next    string // empty: this is the last page
	// Previous is empty on the first page.
	Previous string
}

// AuditEntry is one entry.
type AuditEntry struct {
	Number    int64
	At        time.Time
	Kind      string // as in AuditQuery
	Network   string
	Direction string // "in", "out"; empty: nothing crossed
	Actor     string // pseudonym
	Chat      string // pseudonym
	Size      int64  // bytes
	Verdict   string // of what crossed as in Rule, of what was done its result
	Rule      string
	Detail    string
}

// Proof is the state of the log, as the last verification found it. A verification reads what is new, and once in a while all.
type Proof struct {
	Size    int64     // entries
	Signed  int64     // those of them that the last checkpoint signs
	Root    string    // hash of the tree
	Checked time.Time // when the log was last verified; zero: never
	All     time.Time // when all of it was last read for that
	Whole   bool      // nothing was missing, altered or reordered then
	Fault   string    // the first thing that was not whole
	Since   time.Time // when the verification began that is under way; zero: none is
	Asked   bool      // one of all is about to begin
	Failed  bool      // the last attempt came to no end, for the database was away
}

// Checks tries the configuration.
type Checks interface {
	// Run tries each part. It changes nothing. An error is transient.
	Run(ctx context.Context) ([]Finding, error)
}

// Finding is what became of one part of a check.
type Finding struct {
	Subject say.Phrase
	Result  string     // "ok", "not tested", "warning", "failed"
	Detail  say.Phrase // what was seen
	Remedy  say.Phrase // what to do; says nothing where nothing has to be done
}
