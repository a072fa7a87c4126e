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
	var wrong []error
	complain := func(key, format string, args ...any) {
		wrong = append(wrong, fmt.Errorf("%s: %s", key, fmt.Sprintf(format, args...)))
	}
	checkURL := func(key, value string) {
		u, err := url.Parse(value)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			complain(key, "%q is not a URL; write one such as http://127.0.0.1:8008", value)
		}
	}
	checkListen := func(key, value string) {
		if _, port, err := net.SplitHostPort(value); err != nil || port == "" {
			complain(key, "%q is not host:port; write one such as 127.0.0.1:29320", value)
		}
	}
	checkSecret := func(key, value string) {
		switch {
		case value == "":
			complain(key, "missing; `passerelle init` makes one, or name a file in %s_file", key)
		case len(value) < minSecret:
			complain(key, "too short; at least %d characters", minSecret)
		}
	}
	oneOf := func(key, value string, known ...string) {
		if !slices.Contains(known, value) {
			complain(key, "%q is not known; choose one of %s", value, strings.Join(known, ", "))
		}
	}

	checkURL("homeserver.address", c.Homeserver.Address)
	if d := c.Homeserver.Domain; d == "" || strings.ContainsAny(d, "/@ ") {
		complain("homeserver.domain", "%q is not a domain; write what stands behind the colon of a Matrix ID", d)
	}
	checkListen("bridge.listen", c.Bridge.Listen)
	checkURL("bridge.address", c.Bridge.Address)
	if c.Bridge.Monitor != "" {
		checkListen("bridge.monitor", c.Bridge.Monitor)
		if c.Bridge.Monitor == c.Bridge.Listen {
			complain("bridge.monitor", "the same as bridge.listen; choose another port")
		}
	}
	oneOf("bridge.language", c.Bridge.Language, "en", "fr")
	if c.Database == "" {
		complain("database", "missing; name a folder, or a postgres:// URI")
	}
	if _, err := c.SealingKeys(); err != nil {
		wrong = append(wrong, err)
	}
	oneOf("encryption.mode", c.Encryption.Mode, ModeDevice, ModeLogin, ModeTransactions)
	checkSecret("encryption.pickle_key", c.Encryption.PickleKey)
	if len(c.Permissions) == 0 {
		complain("permissions", "missing: nobody could use the bridge; write one such as %q: user", c.Homeserver.Domain)
	}
	for _, who := range slices.Sorted(maps.Keys(c.Permissions)) {
		oneOf("permissions."+who, c.Permissions[who], "block", "relay", "user", "admin")
	}
	for i, e := range c.Rooms.InitialState {
		key := fmt.Sprintf("rooms.initial_state[%d]", i)
		switch {
		case e.Type == "":
			complain(key, "has no type; write one such as im.example.access_rules")
		case ownState[e.Type]:
			complain(key, "%s is set by the bridge; take it out", e.Type)
		}
	}
	if len(c.Networks) == 0 {
		complain("networks", "missing: there is nothing to bridge; `passerelle init --network whatsapp` writes a section")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Networks)) {
		if !networkName.MatchString(name) {
			complain("networks."+name, "not a network's name")
			continue
		}
		checkSecret("networks."+name+".as_token", c.Networks[name].ASToken)
		checkSecret("networks."+name+".hs_token", c.Networks[name].HSToken)
	}
	oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	oneOf("log.format", c.Log.Format, "json", "text")
	return errors.Join(wrong...)
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
