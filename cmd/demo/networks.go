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

	"passerelle/connectors/telegram/telegramtest"
	"passerelle/connectors/whatsapp/whatsapptest"
)

// networks are the simulated networks and the HTTP server that drives them: WhatsApp at its root, Telegram below telegramPath.
type networks struct {
	dir      string
	whatsapp *whatsapptest.Server
	telegram *telegramtest.Server
	control  *http.Server
	address  string // of control
}

const telegramPath = "/telegram"

// networksAddresses is what a bridge and a driver need to know. It is printed with --json.
type networksAddresses struct {
	Control  string          `json:"control"` // URL, of WhatsApp's people
	WhatsApp whatsappAddress `json:"whatsapp"`
	Telegram telegramAddress `json:"telegram"`
}

// whatsappAddress is how to reach the simulated WhatsApp.
type whatsappAddress struct {
	Address        string `json:"address"` // host:port, for the bridge's settings
	WebSocket      string `json:"websocket"`
	PlainWebSocket string `json:"plain_websocket"` // without TLS, for other clients
	CAFile         string `json:"ca_file"`
	RootKey        string `json:"root_key"` // hex
}

// telegramAddress is how to reach the simulated Telegram.
type telegramAddress struct {
	Server  string `json:"server"`  // URL of the Bot API, for the bridge's settings
	Control string `json:"control"` // URL, of Telegram's people and bots
}

// newNetworks starts the simulated networks. Their files go into dir.
func newNetworks(ctx context.Context, dir string) (_ *networks, err error) {
	n := &networks{dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.close())
		}
	}()
	if n.whatsapp, err = whatsapptest.New(whatsapptest.Options{}); err != nil {
		return nil, err
	}
	if n.telegram, err = telegramtest.New(telegramtest.Options{}); err != nil {
		return nil, err
	}
	if err := n.whatsapp.WriteCA(n.caFile()); err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	n.address = listener.Addr().String()
	mux := http.NewServeMux()
	mux.Handle("/", n.whatsapp.Control())
	mux.Handle(telegramPath+"/", http.StripPrefix(telegramPath, n.telegram.Control()))
	n.control = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go n.control.Serve(listener) // ends with close
	return n, nil
}

func (n *networks) caFile() string { return filepath.Join(n.dir, "whatsapp-ca.pem") }

// settings are those of a bridge's networks.
func (n *networks) settings() (map[string]string, error) {
	whatsapp, err := n.whatsapp.Settings(n.caFile())
	return map[string]string{"whatsapp": whatsapp, "telegram": "server: " + n.telegram.URL() + "\n"}, err
}

func (n *networks) close() error {
	var failed []error
	if n.control != nil {
		failed = append(failed, n.control.Close())
	}
	if n.telegram != nil {
		failed = append(failed, n.telegram.Close())
	}
	if n.whatsapp != nil {
		failed = append(failed, n.whatsapp.Close())
	}
	return errors.Join(failed...)
}

func (n *networks) describe() networksAddresses {
	root := n.whatsapp.RootKey().Public()
	return networksAddresses{
		Control: "http://" + n.address,
		WhatsApp: whatsappAddress{
			Address: n.whatsapp.Address(), WebSocket: n.whatsapp.URL(), PlainWebSocket: n.whatsapp.PlainURL(),
			CAFile: n.caFile(), RootKey: hex.EncodeToString(root[:]),
		},
		Telegram: telegramAddress{Server: n.telegram.URL(), Control: "http://" + n.address + telegramPath},
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
		fmt.Fprintf(out, `The simulated networks are up. In config.yaml, below networks.whatsapp.settings:

      server:
        address: %s
        ca_file: %s
        root_key: %s

and below networks.telegram.settings:

      server: %[5]s

Drive WhatsApp over HTTP:

  curl -d '{"phone":"+33612345678","name":"Amina"}' %[4]s/people
  curl -d '{"phone":"+33700000001","name":"Claire"}' %[4]s/people
  curl -d '{"qr":"…the text of the code that the bot shows…"}' %[4]s/people/+33700000001/scan
  curl -d '{"to":"+33700000001","text":"Bonjour"}' %[4]s/people/+33612345678/send
  curl %[4]s/people/+33612345678/inbox

and Telegram, which names everybody by the number that it answers with:

  curl -d '{"name":"Guichet","username":"guichet_bot"}' %[6]s/bots
  curl -d '{"first_name":"Nadia","username":"nadia"}' %[6]s/people
  curl -d '{"to":"…the number of the bot…","text":"Bonjour"}' %[6]s/people/…her number…/send
  curl %[6]s/people/…her number…/inbox

It ends with Ctrl-C.
`, a.WhatsApp.Address, a.WhatsApp.CAFile, a.WhatsApp.RootKey, a.Control, a.Telegram.Server, a.Telegram.Control)
	}
	<-ctx.Done()
	return nil
}
