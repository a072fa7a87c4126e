//go:build goolm

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"passerelle/bridge/bridgetest"
)

// staffName is the staff member of the conversation.
const staffName = "claire"

// world is all that a conversation across the border needs.
type world struct {
	*bridgetest.Site
	dir      string
	networks *networks
	claire   *bridgetest.Staff
}

// worldAddresses is every address and credential of a world. It is printed with --json.
type worldAddresses struct {
	networksAddresses
	Homeserver string            `json:"homeserver"` // URL
	Domain     string            `json:"domain"`
	Users      map[string]string `json:"users"` // Matrix ID: password
	Bots       []string          `json:"bots"`
	Monitor    string            `json:"monitor"` // URL of /livez, /readyz and /metrics
	Config     string            `json:"config"`  // file
	Log        string            `json:"log"`     // file
}

// newWorld starts a world in a temporary folder, and tells progress what takes long.
func newWorld(ctx context.Context, progress io.Writer) (_ *world, err error) {
	w := &world{}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if w.dir, err = os.MkdirTemp("", "passerelle-demo-"); err != nil {
		return nil, err
	}
	program, err := bridgetest.BuildPasserelle(ctx, w.dir, progress)
	if err != nil {
		return nil, err
	}
	if w.networks, err = newNetworks(ctx, w.dir); err != nil {
		return nil, err
	}
	settings, err := w.networks.settings()
	if err != nil {
		return nil, err
	}
	if w.Site, err = bridgetest.NewSite(ctx, bridgetest.SiteOptions{
		Dir: w.dir, Program: program, Settings: settings, Progress: progress,
	}); err != nil {
		return nil, err
	}
	fmt.Fprintln(progress, "starting a homeserver, a simulated WhatsApp, a simulated Telegram and the bridge")
	if err := w.Start(ctx); err != nil {
		return nil, err
	}
	w.claire, err = w.Homeserver.NewStaff(ctx, staffName)
	return w, err
}

// close ends everything and removes the folder.
func (w *world) close() error {
	var failed []error
	if w.claire != nil {
		failed = append(failed, w.claire.Stop())
	}
	if w.Site != nil {
		failed = append(failed, w.Stop())
	}
	if w.networks != nil {
		failed = append(failed, w.networks.close())
	}
	if w.dir != "" {
		failed = append(failed, os.RemoveAll(w.dir))
	}
	return errors.Join(failed...)
}

func (w *world) describe() worldAddresses {
	return worldAddresses{
		networksAddresses: w.networks.describe(), Homeserver: w.Homeserver.URL(), Domain: w.Homeserver.ServerName(),
		Users: map[string]string{w.claire.ID().String(): bridgetest.StaffPassword(staffName)},
		Bots:  []string{w.Bridge.Bot("whatsapp"), w.Bridge.Bot("telegram")}, Monitor: w.Bridge.Monitor(), Config: w.Bridge.Config(), Log: w.Bridge.LogPath(),
	}
}

// invite says how to look in.
func (w *world) invite(out io.Writer) {
	a := w.describe()
	fmt.Fprintf(out, `
Everything stays up until Ctrl-C. To look in with a Matrix client on this machine:

  homeserver  %s
  user        %s
  password    %s

Its chats are those of the conversation; the bots are %s and %s.
Write to Claire as Amina:

  curl -d '{"to":"%s","text":"Encore une question"}' %s/people/%s/send

The bridge: %s/readyz, %[9]s/metrics, %[10]s
`, a.Homeserver, w.claire.ID(), bridgetest.StaffPassword(staffName), a.Bots[0], a.Bots[1], clairesNumber, a.Control, aminasNumber,
		a.Monitor, a.Log)
}
