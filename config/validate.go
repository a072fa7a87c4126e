package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// minSecret is the shortest token or key that is accepted, in characters.
const minSecret = 16

var networkName = regexp.MustCompile(`^[a-z][a-z0-9]{1,15}$`)

// ownState are the state events that the bridge sets in every room.
var ownState = map[string]bool{
	"m.room.create": true, "m.room.encryption": true, "m.room.power_levels": true, "m.room.member": true, "m.bridge": true,
}

// validate checks every value. It reports all that is wrong at once, a line each.
func (c *Config) validate() error {
	var v validation
	v.url("homeserver.address", c.Homeserver.Address)
	if d := c.Homeserver.Domain; d == "" || strings.ContainsAny(d, "/@ ") {
		v.complain("homeserver.domain", "%q is not a domain; write what stands behind the colon of a Matrix ID", d)
	}
	v.adminToken(c.Homeserver.AdminToken)
	v.bridge(c.Bridge)
	if c.Database == "" {
		v.complain("database", "missing; name a folder, or a postgres:// URI")
	}
	if c.SpoolSpace < leastSpoolSpace {
		v.complain("spool_space", "must be %d or more: how much of the folder for files on their way they may take, in MB", leastSpoolSpace)
	}
	if _, err := c.SealingKeys(); err != nil {
		v.wrong = append(v.wrong, err)
	}
	v.oneOf("encryption.mode", c.Encryption.Mode, ModeDevice, ModeLogin, ModeTransactions)
	v.secret("encryption.pickle_key", c.Encryption.PickleKey)
	if c.Provisioning.SharedSecret != "" {
		v.secret("provisioning.shared_secret", c.Provisioning.SharedSecret)
	}
	v.permissions(c.Permissions, c.Homeserver.Domain)
	v.administration(c.Administration)
	v.console(c.Console, c.Bridge)
	v.api(c.API, c.Bridge)
	v.contacts(c.Contacts, c.Networks)
	v.relay(c.Relay)
	v.rooms(c.Rooms)
	v.scan(c.Scan)
	v.audit(c.Audit)
	v.policy(c.Policy)
	v.networks(c.Networks)
	v.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	v.oneOf("log.format", c.Log.Format, "json", "text")
	return errors.Join(v.wrong...)
}

// leastSpoolSpace is how much room files on their way need, in MB: one of what Telegram takes, and some beside it.
const leastSpoolSpace = 512

// validation gathers what is wrong. Its methods are the configuration's sections, and the kinds of values in them.
type validation struct{ wrong []error }

func (v *validation) complain(key, format string, args ...any) {
	v.wrong = append(v.wrong, fmt.Errorf("%s: %s", key, fmt.Sprintf(format, args...)))
}

func (v *validation) bridge(b Bridge) {
	v.listen("bridge.listen", b.Listen)
	v.url("bridge.address", b.Address)
	if b.TellLostAfter <= 0 {
		v.complain("bridge.tell_lost_after", "must be a time such as 5m")
	}
	if b.Monitor != "" {
		v.listen("bridge.monitor", b.Monitor)
		if b.Monitor == b.Listen {
			v.complain("bridge.monitor", "the same as bridge.listen; choose another port")
		}
	}
	v.oneOf("bridge.language", b.Language, "en", "fr")
}

// adminToken checks a token that goes into a header. Its own characters are in no complaint.
func (v *validation) adminToken(token string) {
	switch {
	case token == "":
	case len(token) < minSecret:
		v.complain("homeserver.admin_token", "too short; write an access token of an administrator of the homeserver's")
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		v.complain("homeserver.admin_token", "not an access token: there is a space or a strange character in it")
	}
}

func (v *validation) permissions(levels map[string]string, domain string) {
	if len(levels) == 0 {
		v.complain("permissions", "missing: nobody could use the bridge; write one such as %q: user", domain)
	}
	for _, who := range slices.Sorted(maps.Keys(levels)) {
		v.oneOf("permissions."+who, levels[who], "block", "relay", "user", "admin")
	}
}

func (v *validation) relay(r Relay) {
	for i, user := range r.SharedAccounts {
		name, domain, found := strings.Cut(strings.TrimPrefix(user, "@"), ":")
		if !strings.HasPrefix(user, "@") || !found || name == "" || domain == "" {
			v.complain(fmt.Sprintf("relay.shared_accounts[%d]", i), "%q is not a Matrix ID; write one such as @service:example.org", user)
		}
	}
}

func (v *validation) contacts(c Contacts, networks map[string]Network) {
	for _, name := range slices.Sorted(maps.Keys(c.Notice)) {
		if _, known := networks[name]; !known {
			v.complain("contacts.notice."+name, "no such network is configured")
		}
		for _, language := range slices.Sorted(maps.Keys(c.Notice[name])) {
			v.oneOf("contacts.notice."+name+": language", language, "en", "fr")
		}
	}
}

func (v *validation) rooms(r Rooms) {
	if r.Follow != 0 && r.Follow < time.Second {
		v.complain("rooms.follow", "%s is too often; write 1s or more, or 0 for never", r.Follow)
	}
	for i, e := range r.InitialState {
		key := fmt.Sprintf("rooms.initial_state[%d]", i)
		switch {
		case e.Type == "":
			v.complain(key, "has no type; write one such as im.example.access_rules")
		case ownState[e.Type]:
			v.complain(key, "%s is set by the bridge; take it out", e.Type)
		}
	}
}

func (v *validation) audit(a Audit) {
	if a.CheckpointEvery < time.Second {
		v.complain("audit.checkpoint_every", "%s is too often; write a time such as 10m", a.CheckpointEvery)
	}
	if a.RetentionDays < 0 {
		v.complain("audit.retention_days", "%d is no number of days; write 0 to keep entries for ever", a.RetentionDays)
	}
	for i, key := range a.OlderKeys {
		if _, err := note.NewVerifier(key); err != nil {
			v.complain(fmt.Sprintf("audit.older_keys[%d]", i), "%q is no public key (%v); write one as `passerelle audit key` prints it", key, err)
		}
	}
	if !a.Enabled {
		return
	}
	if _, err := note.NewSigner(a.SigningKey); err != nil {
		v.complain("audit.signing_key", "missing, or no private key (%v); make the keys with: passerelle audit key --dir FOLDER", err)
	}
	for i, text := range a.OlderPseudonymKeys {
		if key, err := base64.StdEncoding.DecodeString(text); err != nil || len(key) != 32 {
			v.complain(fmt.Sprintf("audit.older_pseudonym_keys[%d]", i), "not 32 bytes in base64; write what audit.pseudonym_key was before")
		}
	}
	if key, err := base64.StdEncoding.DecodeString(a.PseudonymKey); err != nil || len(key) != 32 {
		v.complain("audit.pseudonym_key", "missing, or not 32 bytes in base64; make the keys with: passerelle audit key --dir FOLDER")
	}
}

func (v *validation) networks(networks map[string]Network) {
	if len(networks) == 0 {
		v.complain("networks", "missing: there is nothing to bridge; `passerelle init --network whatsapp` writes a section")
	}
	for _, name := range slices.Sorted(maps.Keys(networks)) {
		if !networkName.MatchString(name) {
			v.complain("networks."+name, "not a network's name")
			continue
		}
		v.secret("networks."+name+".as_token", networks[name].ASToken)
		v.secret("networks."+name+".hs_token", networks[name].HSToken)
	}
}

func (v *validation) url(key, value string) {
	u, err := url.Parse(value)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		v.complain(key, "%q is not a URL; write one such as http://127.0.0.1:8008", value)
	}
}

func (v *validation) listen(key, value string) {
	if _, port, err := net.SplitHostPort(value); err != nil || port == "" {
		v.complain(key, "%q is not host:port; write one such as 127.0.0.1:29320", value)
	}
}

func (v *validation) secret(key, value string) {
	switch {
	case value == "":
		v.complain(key, "missing; `passerelle init` makes one, or name a file in %s_file", key)
	case len(value) < minSecret:
		v.complain(key, "too short; at least %d characters", minSecret)
	}
}

func (v *validation) oneOf(key, value string, known ...string) {
	if !slices.Contains(known, value) {
		v.complain(key, "%q is not known; choose one of %s", value, strings.Join(known, ", "))
	}
}

// SealingKey is a key that seals what waits in the databases. Key is 32 bytes long.
type SealingKey struct {
	ID  string
	Key []byte
}

// SealingKeys returns the storage keys, the one that seals first.
func (c *Config) SealingKeys() ([]SealingKey, error) {
	if len(c.StorageKeys) == 0 {
		return nil, errors.New("storage_keys: missing; `passerelle init` makes one, or name a file in storage_keys_file")
	}
	var keys []SealingKey
	seen := map[string]bool{}
	for i, entry := range c.StorageKeys {
		id, encoded, ok := strings.Cut(entry, ":")
		key, err := base64.StdEncoding.DecodeString(encoded)
		if !ok || id == "" || err != nil || len(key) != 32 {
			return nil, fmt.Errorf("storage_keys: entry %d is not ID:KEY with 32 bytes in base64; make one with: echo $(date +%%Y-%%m):$(openssl rand -base64 32)", i+1)
		}
		if seen[id] {
			return nil, fmt.Errorf("storage_keys: two keys have the ID %q; give the new one an ID of its own", id)
		}
		seen[id] = true
		keys = append(keys, SealingKey{ID: id, Key: key})
	}
	return keys, nil
}
