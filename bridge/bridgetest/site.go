package bridgetest

import (
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// SiteOptions says what stands on a site.
type SiteOptions struct {
	// Dir is where everything goes.
	Dir string
	// Program is the bridge, from BuildPasserelle.
	Program string
	// Settings are lines of YAML by the network's name, one for each network to
	// bridge; see InstallOptions.
	Settings map[string]string
	// Adjust changes how the bridge is installed. Nil means not at all.
	Adjust func(*InstallOptions)
	// Presence has the homeserver show who is online.
	Presence bool
	// Registrations are files of other application services.
	Registrations []string
	// Progress hears of what takes long. Nil means nobody.
	Progress io.Writer
}

// A Site is a homeserver and Passerelle beside it, installed as an
// administrator would.
type Site struct {
	Bridge *Installation
	// Plan is what the homeserver is to be started with.
	Plan HomeserverOptions
	// Homeserver is nil until Start.
	Homeserver *Homeserver
}

// NewSite installs the bridge for a homeserver of the kind that the environment
// chooses. Neither runs yet.
func NewSite(ctx context.Context, options SiteOptions) (*Site, error) {
	kind, err := ChosenHomeserver()
	if err != nil {
		return nil, err
	}
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	install := InstallOptions{
		Dir: filepath.Join(options.Dir, "etc"), HomeserverURL: "http://" + loopback(port),
		Domain: DefaultServerName, Kind: kind, Settings: options.Settings, Networks: slices.Sorted(maps.Keys(options.Settings)),
	}
	if options.Adjust != nil {
		options.Adjust(&install)
	}
	bridge, err := Install(ctx, options.Program, install)
	if err != nil {
		return nil, err
	}
	site := &Site{Bridge: bridge, Plan: HomeserverOptions{
		Dir: filepath.Join(options.Dir, "homeserver"), Port: port, Progress: options.Progress, Presence: options.Presence,
		Registrations: append(bridge.Registrations(), options.Registrations...),
	}}
	if os.Getenv(encryptionVariable) == "transactions" {
		site.Plan.SynapseFeatures = keysInTransactions()
	}
	return site, nil
}

// Start starts the homeserver, then the bridge, and returns once both are
// ready. What it has started by the time of an error is for Stop.
func (s *Site) Start(ctx context.Context) (err error) {
	if s.Homeserver, err = StartHomeserver(ctx, s.Plan); err != nil {
		return err
	}
	return s.Bridge.Start(ctx)
}

// Stop stops the bridge and the homeserver. Stopping what does not run is no
// error.
func (s *Site) Stop() error {
	err := s.Bridge.Stop()
	if s.Homeserver != nil {
		err = errors.Join(err, s.Homeserver.Stop())
	}
	return err
}
