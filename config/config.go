// Package config is the one configuration of Passerelle: one struct, one [Default], one [Load].
//
// The file is YAML. A key that is not known is an error that names its line. Relative paths are relative to the file's own
// folder. Each secret can stand in the file, in a file of its own (`as_token_file` beside `as_token`), or in the
// environment (PASSERELLE_ and the key's path in capitals: PASSERELLE_NETWORKS_WHATSAPP_AS_TOKEN); the environment wins
// over the file of its own, which wins over the value in the configuration.
//
// What stands below networks.NAME.settings belongs to that network's connector, and is decoded by [Network.Decode].
package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Config is the whole configuration.
type Config struct {
	Homeserver   Homeserver        `yaml:"homeserver"`
	Bridge       Bridge            `yaml:"bridge"`
	Database     string            `yaml:"database"` // folder of SQLite files, or a postgres:// URI
	DatabaseFile string            `yaml:"database_file"`
	Spool        string            `yaml:"spool"`        // folder for files on their way; "" after Load: the system's
	SpoolSpace   int64             `yaml:"spool_space"`  // how much of it they may take, in MB
	StorageKeys  []string          `yaml:"storage_keys"` // ID:KEY, 32 bytes in base64; the first one seals, all open
	StorageFile  string            `yaml:"storage_keys_file"`
	Encryption   Encryption        `yaml:"encryption"`
	DoublePuppet DoublePuppet      `yaml:"double_puppet"`
	Provisioning Provisioning      `yaml:"provisioning"`
	Permissions  map[string]string `yaml:"permissions"` // Matrix user ID, domain or "*" -> block, relay, user, admin
	// Administration says who governs: Matrix user ID or domain -> position.
	Administration map[string]Position `yaml:"administration"`
	Console        Console             `yaml:"console"`
	API            API                 `yaml:"api"`
	Contacts       Contacts            `yaml:"contacts"`
	Relay          Relay               `yaml:"relay"`
	Rooms          Rooms               `yaml:"rooms"`
	Scan           Scan                `yaml:"scan"`
	Audit          Audit               `yaml:"audit"`
	Policy         Policy              `yaml:"policy"`
	Networks       map[string]Network  `yaml:"networks"`
	Log            Log                 `yaml:"log"`
}

// Homeserver says where the state homeserver is.
type Homeserver struct {
	Address string `yaml:"address"` // URL at which the bridge reaches the homeserver
	Domain  string `yaml:"domain"`  // the part of a Matrix ID behind the colon
	// AdminToken is an access token of an administrator of the homeserver's, by which the files of erased contacts are removed
	// (Synapse); empty: they stay.
	AdminToken     string `yaml:"admin_token"`
	AdminTokenFile string `yaml:"admin_token_file"`
}

// Bridge says where the bridge listens, and how it speaks.
type Bridge struct {
	Listen   string `yaml:"listen"`   // host:port on which the homeserver reaches the bridge
	Address  string `yaml:"address"`  // the same as a URL, as the homeserver writes it
	Monitor  string `yaml:"monitor"`  // host:port of /livez, /readyz and /metrics; empty: none
	Language string `yaml:"language"` // "en" or "fr": what people read
	// TellLostAfter is after how long the owner of an account is told that its connection is lost.
	TellLostAfter time.Duration `yaml:"tell_lost_after"`
}

// Modes of [Encryption]. Each one is a way to get the bridge's own device and its room keys.
const (
	ModeDevice       = "device"       // device by MSC4190, keys over /sync: Synapse 1.121 or later, also with MAS
	ModeLogin        = "login"        // device by appservice login, keys over /sync: Dendrite, older Synapse
	ModeTransactions = "transactions" // device by MSC4190, keys with the transactions (MSC2409, MSC3202)
)

// Encryption says how the bridge takes part in encrypted rooms.
type Encryption struct {
	Mode          string `yaml:"mode"`
	PickleKey     string `yaml:"pickle_key"` // encrypts the bridge's own keys in its databases
	PickleKeyFile string `yaml:"pickle_key_file"`
}

// DoublePuppet lets the bridge show what staff write on their phone as their own.
type DoublePuppet struct {
	ASToken     string `yaml:"as_token"`
	ASTokenFile string `yaml:"as_token_file"`
}

// Relay says how people write who have no account on a network: through the account of somebody in the room.
type Relay struct {
	Enabled bool   `yaml:"enabled"`
	Name    string `yaml:"name"` // Go template of what stands before their words; .Name is the person's name
	Bold    bool   `yaml:"bold"` // the name in bold, where the network has that
	// SharedAccounts are Matrix user IDs whose accounts are there for everybody in their rooms, such as a service's number.
	SharedAccounts []string `yaml:"shared_accounts"`
}

// Provisioning lets programs link accounts for people over HTTP.
type Provisioning struct {
	SharedSecret     string `yaml:"shared_secret"` // who has it acts for everybody; empty: no program may
	SharedSecretFile string `yaml:"shared_secret_file"`
}

// Rooms says how the rooms are made.
type Rooms struct {
	// InitialState is added to the state of every room that is made, such as an access rule of the state messenger.
	InitialState []StateEvent `yaml:"initial_state"`
	// Spaces gives each login a space with its chats in it.
	Spaces bool `yaml:"spaces"`
	// Follow is how often the homeserver is asked what people mute, tag and leave unread in their apps; 0: never.
	Follow time.Duration `yaml:"follow"`
}

// Contacts says what external contacts are told, and how rooms show that they are there.
type Contacts struct {
	// Notice is said once to each contact, when something first crosses in a direct chat, in the language of the account's owner:
	// network -> language -> words. A network without one says nothing.
	Notice map[string]map[string]string `yaml:"notice"`
	// RoomPrefix stands before the names of rooms in which contacts are; RoomTopic is the topic of those that have none.
	RoomPrefix string `yaml:"room_prefix"`
	RoomTopic  string `yaml:"room_topic"`
}

// StateEvent is a state event of a room (Matrix Client-Server API, "createRoom", initial_state).
type StateEvent struct {
	Type     string         `yaml:"type"`
	StateKey string         `yaml:"state_key"`
	Content  map[string]any `yaml:"content"`
}

// Audit is the log of what crossed and of what administrators did.
type Audit struct {
	Enabled          bool   `yaml:"enabled"`
	SigningKey       string `yaml:"signing_key"` // signs the log: PRIVATE+KEY+ORIGIN+…, as package note writes it
	SigningKeyFile   string `yaml:"signing_key_file"`
	PseudonymKey     string `yaml:"pseudonym_key"` // 32 bytes in base64
	PseudonymKeyFile string `yaml:"pseudonym_key_file"`
	// OlderPseudonymKeys are those of before, the newest first: by them people are found in entries of before.
	OlderPseudonymKeys     []string `yaml:"older_pseudonym_keys"`
	OlderPseudonymKeysFile string   `yaml:"older_pseudonym_keys_file"` // one a line
	// OlderKeys are public keys that signed the log before.
	OlderKeys []string `yaml:"older_keys"`
	// CheckpointFile is where the newest signed checkpoint lies beside the database; empty: nowhere.
	CheckpointFile string `yaml:"checkpoint_file"`
	// CheckpointEvery is how often the log is signed.
	CheckpointEvery time.Duration `yaml:"checkpoint_every"`
	// RetentionDays is the age at which entries are emptied; 0: never.
	RetentionDays int `yaml:"retention_days"`
}

// Network is one bridged network.
type Network struct {
	ASToken     string   `yaml:"as_token"`
	ASTokenFile string   `yaml:"as_token_file"`
	HSToken     string   `yaml:"hs_token"`
	HSTokenFile string   `yaml:"hs_token_file"`
	Settings    ast.Node `yaml:"settings"`
}

// Log says what is logged, to standard error.
type Log struct {
	Level  string `yaml:"level"`  // debug, info, warn, error
	Format string `yaml:"format"` // json, text
}

// Default returns the configuration with every default set.
func Default() Config {
	return Config{
		Bridge:     Bridge{Listen: "127.0.0.1:29320", Monitor: "127.0.0.1:29321", Language: "en", TellLostAfter: 5 * time.Minute},
		Database:   "data",
		SpoolSpace: 2048,
		Encryption: Encryption{Mode: ModeDevice},
		Relay:      Relay{Enabled: true, Name: "{{.Name}}: ", Bold: true},
		Policy:     Policy{Default: "admit", TimeZone: "UTC"},
		Rooms:      Rooms{Spaces: true, Follow: 30 * time.Second},
		Console:    Console{OIDC: OIDC{Claim: "preferred_username"}},
		Scan:       Scan{Timeout: time.Minute, WhenAway: ScanWait, TooLarge: ScanWithhold, TellAfter: 10 * time.Second},
		Audit:      Audit{CheckpointEvery: 10 * time.Minute, RetentionDays: 365},
		Log:        Log{Level: "info", Format: "json"},
	}
}

// Load reads, completes and checks the configuration in the file at path. environment is what [os.Environ] returns. An
// error names the file, the line or the key, and what to do.
func Load(path string, environment []string) (*Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w (make one with: passerelle init)", err)
	}
	c := Default()
	if err := yaml.UnmarshalWithOptions(text, &c, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("%s is not a valid configuration:\n%s", path, yaml.FormatError(err, false, true))
	}
	folder := filepath.Dir(path)
	if err := c.readSecrets(folder, environment); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if !c.UsesPostgres() && !filepath.IsAbs(c.Database) {
		c.Database = filepath.Join(folder, c.Database)
	}
	if c.Audit.CheckpointFile != "" && !filepath.IsAbs(c.Audit.CheckpointFile) {
		c.Audit.CheckpointFile = filepath.Join(folder, c.Audit.CheckpointFile)
	}
	if c.Scan.CAFile != "" && !filepath.IsAbs(c.Scan.CAFile) {
		c.Scan.CAFile = filepath.Join(folder, c.Scan.CAFile)
	}
	if c.Policy.Directory != "" && !filepath.IsAbs(c.Policy.Directory) {
		c.Policy.Directory = filepath.Join(folder, c.Policy.Directory)
	}
	switch {
	case c.Spool == "" && !c.UsesPostgres():
		c.Spool = c.Database // it is there to be written to, and on a disk
	case c.Spool != "" && !filepath.IsAbs(c.Spool):
		c.Spool = filepath.Join(folder, c.Spool)
	}
	return &c, nil
}

// UsesPostgres tells whether the databases are on a PostgreSQL server; otherwise they are SQLite files in a folder.
func (c *Config) UsesPostgres() bool {
	return strings.HasPrefix(c.Database, "postgres://") || strings.HasPrefix(c.Database, "postgresql://")
}

// Decode fills options, a pointer to a connector's options, with the network's settings. A key that the options do not
// know is an error that names its line.
func (n Network) Decode(options any) error {
	if n.Settings == nil {
		return nil
	}
	if err := yaml.NodeToValue(n.Settings, options, yaml.Strict()); err != nil {
		return fmt.Errorf("the settings are not valid:\n%s", yaml.FormatError(err, false, true))
	}
	return nil
}
