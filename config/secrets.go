package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// secret is one value that may come from a file of its own or from the environment.
type secret struct {
	key   string // path in the file: networks.whatsapp.as_token
	file  string
	store func(value string)
}

// readSecrets fills in what stands in files of their own and in the environment.
func (c *Config) readSecrets(folder string, environment []string) error {
	env := map[string]string{}
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		env[name] = value
	}
	for _, s := range c.secrets() {
		name := "PASSERELLE_" + strings.ToUpper(strings.ReplaceAll(s.key, ".", "_"))
		if value, ok := env[name]; ok {
			s.store(value)
			continue
		}
		if s.file == "" {
			continue
		}
		path := s.file
		if !filepath.IsAbs(path) {
			path = filepath.Join(folder, path)
		}
		value, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("%s_file: %w", s.key, err)
		}
		s.store(strings.TrimSpace(string(value)))
	}
	return nil
}

func (c *Config) secrets() []secret {
	into := func(to *string) func(string) { return func(value string) { *to = value } }
	list := []secret{
		{"homeserver.admin_token", c.Homeserver.AdminTokenFile, into(&c.Homeserver.AdminToken)},
		{"database", c.DatabaseFile, into(&c.Database)},
		{"storage_keys", c.StorageFile, func(value string) { c.StorageKeys = strings.Fields(value) }},
		{"encryption.pickle_key", c.Encryption.PickleKeyFile, into(&c.Encryption.PickleKey)},
		{"provisioning.shared_secret", c.Provisioning.SharedSecretFile, into(&c.Provisioning.SharedSecret)},
		{"console.oidc.client_secret", c.Console.OIDC.ClientSecretFile, into(&c.Console.OIDC.ClientSecret)},
		{"audit.signing_key", c.Audit.SigningKeyFile, into(&c.Audit.SigningKey)},
		{"audit.pseudonym_key", c.Audit.PseudonymKeyFile, into(&c.Audit.PseudonymKey)},
		{"audit.older_pseudonym_keys", c.Audit.OlderPseudonymKeysFile, func(value string) { c.Audit.OlderPseudonymKeys = strings.Fields(value) }},
		{"double_puppet.as_token", c.DoublePuppet.ASTokenFile, into(&c.DoublePuppet.ASToken)},
	}
	for i := range c.API.Tokens {
		list = append(list, secret{fmt.Sprintf("api.tokens.%d.token", i), c.API.Tokens[i].TokenFile, into(&c.API.Tokens[i].Token)})
	}
	for name, network := range c.Networks {
		set := func(change func(*Network, string)) func(string) {
			return func(value string) {
				n := c.Networks[name]
				change(&n, value)
				c.Networks[name] = n
			}
		}
		list = append(list,
			secret{"networks." + name + ".as_token", network.ASTokenFile, set(func(n *Network, v string) { n.ASToken = v })},
			secret{"networks." + name + ".hs_token", network.HSTokenFile, set(func(n *Network, v string) { n.HSToken = v })})
	}
	return list
}
