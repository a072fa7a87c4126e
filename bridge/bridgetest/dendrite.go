package bridgetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"
)

// dendriteConfig is what Dendrite reads at each start. It runs alone (no
// federation), with one SQLite file a component and nothing that slows a test
// down: no rate limits, the cheapest password hash.
var dendriteConfig = template.Must(template.New("dendrite.yaml").Parse(`version: 2
global:
  server_name: {{.ServerName}}
  private_key: matrix_key.pem
  disable_federation: true
  cache: {max_size_estimated: 256mb, max_age: 1h}
  jetstream: {storage_path: ./, topic_prefix: Dendrite}
  presence: {enable_inbound: {{.Presence}}, enable_outbound: {{.Presence}}}
app_service_api:
  config_files: [{{.Registrations}}]
client_api:
  registration_disabled: true
  guests_disabled: true
  registration_shared_secret: {{.Secret}}
  rate_limiting: {enabled: false}
federation_api: {database: {connection_string: "file:federationapi.db"}}
key_server: {database: {connection_string: "file:keyserver.db"}}
media_api: {base_path: ./media_store, max_file_size_bytes: 134217728, database: {connection_string: "file:mediaapi.db"}}
mscs: {mscs: [], database: {connection_string: "file:mscs.db"}}
relay_api: {database: {connection_string: "file:relayapi.db"}}
room_server: {database: {connection_string: "file:roomserver.db"}}
sync_api: {database: {connection_string: "file:syncapi.db"}, search: {enabled: false}}
user_api:
  bcrypt_cost: 4
  account_database: {connection_string: "file:userapi_accounts.db"}
  device_database: {connection_string: "file:userapi_devices.db"}
logging:
  - {type: std, level: warn}
`))

// dendrite runs Dendrite in a folder of its own.
type dendrite struct {
	program string
	dir     string
}

func (d *dendrite) prepare(_ context.Context, s settings) error {
	if err := os.MkdirAll(d.dir, 0o755); err != nil {
		return fmt.Errorf("making Dendrite's folder: %w", err)
	}
	if err := writeSigningKey(filepath.Join(d.dir, "matrix_key.pem")); err != nil {
		return err
	}
	quoted := make([]string, len(s.registrations))
	for i, path := range s.registrations {
		quoted[i] = fmt.Sprintf("%q", path)
	}
	var config bytes.Buffer
	err := dendriteConfig.Execute(&config, struct {
		ServerName, Secret, Registrations string
		Presence                          bool
	}{s.serverName, s.secret, strings.Join(quoted, ", "), s.presence})
	if err != nil {
		return fmt.Errorf("composing Dendrite's configuration: %w", err)
	}
	if err := os.WriteFile(filepath.Join(d.dir, "dendrite.yaml"), config.Bytes(), 0o600); err != nil {
		return fmt.Errorf("writing Dendrite's configuration: %w", err)
	}
	return nil
}

func (d *dendrite) command(s settings) *exec.Cmd {
	cmd := exec.Command(d.program, "-config", "dendrite.yaml", "-http-bind-address", loopback(s.port))
	cmd.Dir = d.dir
	return cmd
}

// writeSigningKey makes the key that a homeserver signs events with, unless it
// is there already: an Ed25519 seed in PEM, as Dendrite's own generate-keys
// writes it (its test/keys.go).
func writeSigningKey(path string) error {
	if exists(path) {
		return nil
	}
	seed := make([]byte, 32)
	rand.Read(seed)
	block := &pem.Block{
		Type:    "MATRIX PRIVATE KEY",
		Headers: map[string]string{"Key-ID": "ed25519:test"},
		Bytes:   seed,
	}
	if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
		return fmt.Errorf("writing Dendrite's signing key: %w", err)
	}
	return nil
}
