//go:build goolm

package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"passerelle/connectors/whatsapp/whatsapptest"
)

// networks are the simulated networks and the HTTP server that drives them.
type networks struct {
	dir      string
	whatsapp *whatsapptest.Server
	control  *http.Server
	address  string // of control
}

// networksAddresses is what a bridge and a driver need to know. It is printed with --json.
type networksAddresses struct {
	Control  string          `json:"control"` // URL
	WhatsApp whatsappAddress `json:"whatsapp"`
}

// whatsappAddress is how to reach the simulated WhatsApp.
type whatsappAddress struct {
	Address        string `json:"address"` // host:port, for the bridge's settings
	WebSocket      string `json:"websocket"`
	PlainWebSocket string `json:"plain_websocket"` // without TLS, for other clients
	CAFile         string `json:"ca_file"`
	RootKey        string `json:"root_key"` // hex
}

// newNetworks starts the simulated networks. Their files go into dir.
func newNetworks(ctx context.Context, dir string) (_ *networks, err error) {
	n := &networks{dir: dir}
	if n.whatsapp, err = whatsapptest.New(whatsapptest.Options{}); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.close())
		}
	}()
	if err := n.whatsapp.WriteCA(n.caFile()); err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	n.address = listener.Addr().String()
	n.control = &http.Server{Handler: n.whatsapp.Control(), ReadHeaderTimeout: 10 * time.Second}
	go n.control.Serve(listener) // ends with close
	return n, nil
}

func (n *networks) caFile() string { return filepath.Join(n.dir, "whatsapp-ca.pem") }

func (n *networks) close() error {
	var err error
	if n.control != nil {
		err = n.control.Close()
	}
	return errors.Join(err, n.whatsapp.Close())
}

func (n *networks) describe() networksAddresses {
	root := n.whatsapp.RootKey().Public()
	return networksAddresses{
		Control: "http://" + n.address,
		WhatsApp: whatsappAddress{
			Address: n.whatsapp.Address(), WebSocket: n.whatsapp.URL(), PlainWebSocket: n.whatsapp.PlainURL(),
			CAFile: n.caFile(), RootKey: hex.EncodeToString(root[:]),
		},
	}
}

// serveNetworks serves the simulated networks until ctx ends.
func serveNetworks(ctx context.Context, out io.Writer, asJSON bool) error {
	dir, err := os.MkdirTemp("", "passerelle-networks-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	n, err := newNetworks(ctx, dir)
	if err != nil {
		return err
	}
	defer n.close()
	a := n.describe()
	if asJSON {
		if err := json.NewEncoder(out).Encode(a); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(out, `The simulated WhatsApp is up. In config.yaml, below networks.whatsapp.settings:

      server:
        address: %s
        ca_file: %s
        root_key: %s

Drive it over HTTP:

  curl -d '{"phone":"+33612345678","name":"Amina"}' %[4]s/people
  curl -d '{"phone":"+33700000001","name":"Claire"}' %[4]s/people
  curl -d '{"qr":"…the text of the code that the bot shows…"}' %[4]s/people/+33700000001/scan
  curl -d '{"to":"+33700000001","text":"Bonjour"}' %[4]s/people/+33612345678/send
  curl %[4]s/people/+33612345678/inbox

It ends with Ctrl-C.
`, a.WhatsApp.Address, a.WhatsApp.CAFile, a.WhatsApp.RootKey, a.Control)
	}
	<-ctx.Done()
	return nil
}
