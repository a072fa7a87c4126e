package audit

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"time"

	"passerelle/portal"
)

// line is an entry as a line of JSON. What is empty is left out.
type line struct {
	Seq       int64            `json:"seq"`
	Time      string           `json:"time,omitempty"`
	Pruned    bool             `json:"pruned,omitempty"` // it was emptied for its age
	Event     Event            `json:"event,omitempty"`
	Network   string           `json:"network,omitempty"`
	Actor     string           `json:"actor,omitempty"`
	Portal    string           `json:"portal,omitempty"`
	Login     string           `json:"login,omitempty"`
	Message   string           `json:"message,omitempty"`
	Direction portal.Direction `json:"direction,omitempty"`
	Kind      portal.Kind      `json:"kind,omitempty"`
	Size      *int64           `json:"size,omitempty"`
	Verdict   portal.Outcome   `json:"verdict,omitempty"`
	Rule      string           `json:"rule,omitempty"`
	Found     string           `json:"found,omitempty"`
	Digest    string           `json:"digest,omitempty"`
	Action    string           `json:"action,omitempty"`
	Target    string           `json:"target,omitempty"`
	Detail    string           `json:"detail,omitempty"`
	Result    Result           `json:"result,omitempty"`
	Door      Door             `json:"door,omitempty"`
	Salt      string           `json:"salt,omitempty"`
	Key       string           `json:"key,omitempty"`
	Hash      string           `json:"hash"` // the leaf's, in base64
}

// TimeFormat is how an entry's time is written for others, in UTC (RFC 3339).
const TimeFormat = "2006-01-02T15:04:05.000Z"

// JSON returns the entry as one line of JSON without its end, with all that is needed to encode it again.
func (r *Row) JSON() ([]byte, error) {
	l := line{
		Seq: r.Seq, Pruned: r.IsBlank(), Event: r.Event, Network: r.Network, Actor: r.Actor, Portal: r.Portal, Login: r.Login,
		Message: r.Message, Direction: r.Direction, Kind: r.Kind, Verdict: r.Verdict, Rule: r.Rule, Found: r.Found, Digest: r.Digest,
		Action: r.Action, Target: r.Target, Detail: r.Detail, Result: r.Result, Door: r.Door, Salt: r.Salt, Key: r.Key,
	}
	if leaf, ok := hashAt(r.Hashes, 0); ok {
		l.Hash = base64.StdEncoding.EncodeToString(leaf[:])
	}
	if !r.At.IsZero() {
		l.Time = r.At.UTC().Truncate(time.Millisecond).Format(TimeFormat)
	}
	if r.Event == EventCrossing {
		l.Size = &r.Size
	}
	return json.Marshal(l)
}

// SignAt signs the first entries of a log, of those that it has. An error is [ErrBroken] or the store's.
func SignAt(ctx context.Context, store Store, signer *Signer, size int64) ([]byte, error) {
	t, err := loadTree(size, hashReader(ctx, store))
	if err != nil {
		return nil, err
	}
	root, err := t.root()
	if err != nil {
		return nil, err
	}
	return signer.Sign(size, root)
}
