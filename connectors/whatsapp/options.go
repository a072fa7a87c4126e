package whatsapp

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"

	"passerelle/portal/naming"
)

// Options is what an administrator chooses about WhatsApp.
type Options struct {
	// DeviceName is what the phone's list of linked devices shows.
	DeviceName string `yaml:"device_name"`
	// DisplayName is a Go template for the names of contacts' ghosts; .Name is the name that the contact published.
	DisplayName string `yaml:"displayname"`
	// PhoneNumbersInProfile puts contacts' phone numbers into their ghosts' public profiles, where every user of the
	// homeserver can read them.
	PhoneNumbersInProfile bool `yaml:"phone_numbers_in_profile"`
	// SendReadReceipts lets contacts know what has been read in Matrix, unless the account's own privacy setting forbids it.
	SendReadReceipts bool `yaml:"send_read_receipts"`
	// AlwaysOnline shows accounts as online for as long as they are connected, and not only while their owners type.
	AlwaysOnline bool `yaml:"always_online"`
	// ContactPresence shows whether contacts are online, as far as WhatsApp tells.
	ContactPresence bool `yaml:"contact_presence"`
	// StatusPosts shows the status posts of contacts, in a room for each login, unless the login's owner chooses otherwise.
	StatusPosts bool `yaml:"status_posts"`
	// History says how much of an account's history is shown when it is linked.
	History HistoryOptions `yaml:"history"`
	// PhoneWarnings are the numbers of days without a sign of an account's phone after which its owner is warned.
	PhoneWarnings []int `yaml:"phone_warnings"`
	// Pace says how fast accounts may write to people whom they have not written to before.
	Pace PaceOptions `yaml:"pace"`
	// Server is a test server that stands for WhatsApp; nil: WhatsApp.
	Server *Server `yaml:"server"`
}

// Server is a test server on this machine that stands for WhatsApp.
type Server struct {
	Address string `yaml:"address"`  // host:port on the loopback interface, for the websocket and for media
	CAFile  string `yaml:"ca_file"`  // PEM file of the authority that signed the server's TLS certificates
	RootKey string `yaml:"root_key"` // public key, 32 bytes in hex, that signs the server's Noise certificates
}

// DefaultOptions returns the options with every default set.
func DefaultOptions() Options {
	return Options{DeviceName: "Passerelle", DisplayName: "{{.Name}} (WhatsApp)", SendReadReceipts: true,
		History: HistoryOptions{Messages: 50}, Pace: defaultPace(),
		PhoneWarnings: []int{10, 12, 13}}
}

// maxDeviceName is how many bytes of a device's name phones have room for.
const maxDeviceName = 50

// Validate checks the options. An error names the key and what to do.
func (o Options) Validate() error {
	if name := strings.TrimSpace(o.DeviceName); name == "" || len(name) > maxDeviceName {
		return fmt.Errorf("device_name: must have 1 to %d bytes; the phone shows it in its list of linked devices", maxDeviceName)
	}
	if _, err := parseDisplayName(o.DisplayName); err != nil {
		return err
	}
	if err := o.History.validate(); err != nil {
		return err
	}
	if err := validateWarnings(o.PhoneWarnings); err != nil {
		return err
	}
	if err := o.Pace.validate(); err != nil {
		return err
	}
	if o.Server == nil {
		return nil
	}
	if _, err := o.Server.tlsConfig(); err != nil {
		return err
	}
	_, err := o.Server.rootKey()
	return err
}

// parseDisplayName reads the template of ghosts' names.
func parseDisplayName(text string) (naming.Template, error) {
	return naming.Parse(text, "{{.Name}} (WhatsApp)")
}

func (s *Server) tlsConfig() (*tls.Config, error) {
	host, port, err := net.SplitHostPort(s.Address)
	if err != nil || port == "" {
		return nil, fmt.Errorf("server.address: %q is not host:port; write 127.0.0.1:PORT of the test server", s.Address)
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("server.address: %q is not on this machine; a test server stands on 127.0.0.1, and to use WhatsApp itself leave server out", s.Address)
	}
	pem, err := os.ReadFile(s.CAFile)
	if err != nil {
		return nil, fmt.Errorf("server.ca_file: %w; name the PEM file that the test server wrote", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("server.ca_file: %s holds no certificate; name the PEM file that the test server wrote", s.CAFile)
	}
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, nil
}

func (s *Server) rootKey() ([32]byte, error) {
	key, err := hex.DecodeString(s.RootKey)
	if err != nil || len(key) != 32 {
		return [32]byte{}, errors.New("server.root_key: must be 32 bytes in hex; copy the one that the test server prints")
	}
	return [32]byte(key), nil
}
