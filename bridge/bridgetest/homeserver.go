package bridgetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
	"maunium.net/go/mautrix/synapseadmin"
)

// HomeserverKind says which program plays the homeserver.
type HomeserverKind string

// The homeservers that the test world knows. They differ in what they offer an
// application service: Dendrite knows neither MSC4190 (devices without a
// login) nor MSC2409 and MSC3202 (encryption through transactions).
const (
	Dendrite HomeserverKind = "dendrite"
	Synapse  HomeserverKind = "synapse"
)

// homeserverVariable chooses the homeserver in the environment.
const homeserverVariable = "HOMESERVER"

// DefaultServerName is the server name of a homeserver that asks for no other.
const DefaultServerName = "passerelle.test"

const (
	// Patience is how long it is fair to wait for something before calling it missing: on a busy machine a hundred times what it
	// takes. All waits of the test world that have no bound of their own use it.
	Patience = time.Minute
	// startPatience is how long a homeserver may take until it answers.
	startPatience = time.Minute
)

// ChosenHomeserver returns the kind that the environment variable HOMESERVER
// asks for: Dendrite when it is empty. It fails for a kind that is not known.
func ChosenHomeserver() (HomeserverKind, error) {
	switch kind := HomeserverKind(os.Getenv(homeserverVariable)); kind {
	case "", Dendrite:
		return Dendrite, nil
	case Synapse:
		return Synapse, nil
	default:
		return "", fmt.Errorf("%s=%q: not a homeserver that the test world knows (dendrite, synapse)", homeserverVariable, kind)
	}
}

// HomeserverOptions says how a homeserver is to be. The zero value is a good
// choice.
type HomeserverOptions struct {
	// Kind is the program. Empty leaves the choice to the environment.
	Kind HomeserverKind
	// Dir is where data and logs go; it stays. Empty means a temporary folder
	// that Stop removes.
	Dir string
	// ServerName is the part of Matrix IDs after the colon. Empty means
	// DefaultServerName.
	ServerName string
	// Port is the port on 127.0.0.1. 0 means a free one.
	Port int
	// Registrations are the paths of application services' registration files.
	Registrations []string
	// SynapseFeatures are the experimental features to switch on in Synapse,
	// by their names in its configuration, such as
	// "msc2409_to_device_messages_enabled" and "msc3202_transaction_extensions".
	SynapseFeatures []string
	// Presence has the homeserver show who is online, which many leave off.
	Presence bool
	// Progress hears of what takes long, line by line: the first build or
	// installation. Nil means nobody.
	Progress io.Writer
}

// A Homeserver is a throw-away Matrix homeserver that listens on 127.0.0.1
// alone. Its methods may be called from any goroutine.
type Homeserver struct {
	kind   HomeserverKind
	dir    string
	ownDir bool
	engine engine

	mu       sync.Mutex // guards what follows; held while starting and stopping
	settings settings
	process  *process // nil before the first start
	devices  int      // Staff made so far
}

// settings are what a start of the program depends on.
type settings struct {
	serverName    string
	port          int
	secret        string // for shared-secret registration
	registrations []string
	features      []string
	presence      bool
}

// An engine knows one homeserver program.
type engine interface {
	// prepare writes what the program reads at its start.
	prepare(ctx context.Context, s settings) error
	// command returns the program to run, not yet started.
	command(s settings) *exec.Cmd
}

// StartHomeserver starts a homeserver and returns once it answers. The context
// bounds the start, not the homeserver's life: call Stop. It also ends with
// this process, however that ends (on Linux).
//
// The first Dendrite on a machine is built, which takes about 90 seconds; the
// first Synapse is installed, which takes minutes and needs root.
func StartHomeserver(ctx context.Context, options HomeserverOptions) (_ *Homeserver, err error) {
	if options.Kind == "" {
		if options.Kind, err = ChosenHomeserver(); err != nil {
			return nil, err
		}
	}
	h := &Homeserver{kind: options.Kind, dir: options.Dir}
	h.settings = settings{
		serverName: options.ServerName,
		port:       options.Port,
		secret:     "throw-away",
		features:   options.SynapseFeatures,
		presence:   options.Presence,
	}
	if err := h.Register(options.Registrations...); err != nil {
		return nil, err
	}
	if h.settings.serverName == "" {
		h.settings.serverName = DefaultServerName
	}
	if h.settings.port == 0 {
		if h.settings.port, err = FreePort(); err != nil {
			return nil, err
		}
	}
	if h.dir == "" {
		h.ownDir = true
		if h.dir, err = os.MkdirTemp("", "passerelle-homeserver-"); err != nil {
			return nil, fmt.Errorf("making the homeserver's folder: %w", err)
		}
	}
	if h.dir, err = filepath.Abs(h.dir); err != nil {
		return nil, fmt.Errorf("finding the homeserver's folder: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.Stop())
		}
	}()
	if h.engine, err = newEngine(ctx, h.kind, filepath.Join(h.dir, "data"), newReporter(options.Progress)); err != nil {
		return nil, err
	}
	return h, h.start(ctx)
}

func newEngine(ctx context.Context, kind HomeserverKind, dir string, progress io.Writer) (engine, error) {
	switch kind {
	case Dendrite:
		program, err := buildDendrite(ctx, progress)
		if err != nil {
			return nil, err
		}
		return &dendrite{program: program, dir: dir}, nil
	case Synapse:
		return newSynapse(ctx, dir, progress)
	default:
		return nil, fmt.Errorf("the test world knows no homeserver %q", kind)
	}
}

// Kind tells which program this is. How a bridge can encrypt depends on it.
func (h *Homeserver) Kind() HomeserverKind { return h.kind }

// URL returns the base address of the client-server API, without a slash at
// its end. It stays the same over restarts.
func (h *Homeserver) URL() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return "http://" + loopback(h.settings.port)
}

// ServerName returns the part of Matrix IDs after the colon.
func (h *Homeserver) ServerName() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.settings.serverName
}

// UserID returns the full Matrix ID of a local user.
func (h *Homeserver) UserID(localpart string) id.UserID {
	return id.NewUserID(localpart, h.ServerName())
}

// LogPath returns the file to which the program writes its log.
func (h *Homeserver) LogPath() string { return filepath.Join(h.dir, "homeserver.log") }

// Register adds application services by the paths of their registration files.
// Homeservers read these at their start: follow with Restart.
func (h *Homeserver) Register(registrations ...string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, path := range registrations {
		path, err := filepath.Abs(path) // the program runs in a folder of its own
		if err != nil {
			return fmt.Errorf("finding a registration: %w", err)
		}
		h.settings.registrations = append(h.settings.registrations, path)
	}
	return nil
}

// CreateUser makes a local account. It fails with mautrix.MUserInUse when
// there is one of that name.
func (h *Homeserver) CreateUser(ctx context.Context, localpart, password string) (id.UserID, error) {
	return h.createUser(ctx, localpart, password, false)
}

// CreateAdministrator makes a local account that may use the homeserver's
// administration API.
func (h *Homeserver) CreateAdministrator(ctx context.Context, localpart, password string) (id.UserID, error) {
	return h.createUser(ctx, localpart, password, true)
}

// createUser uses the shared-secret registration of Synapse's administration
// API, which Dendrite offers too.
func (h *Homeserver) createUser(ctx context.Context, localpart, password string, admin bool) (id.UserID, error) {
	client, err := mautrix.NewClient(h.URL(), "", "")
	if err != nil {
		return "", fmt.Errorf("creating user %s: %w", localpart, err)
	}
	defer client.Client.CloseIdleConnections()
	user, err := (&synapseadmin.Client{Client: client}).SharedSecretRegister(ctx, h.settings.secret, synapseadmin.ReqSharedSecretRegister{
		Username:     localpart,
		Password:     password,
		Admin:        admin,
		InhibitLogin: true,
	})
	if err != nil {
		return "", fmt.Errorf("creating user %s: %w", localpart, err)
	}
	return user.UserID, nil
}

// Restart ends the program in order if it runs, starts it again with the same
// port and data and the registrations as they are now, and returns once it
// answers. It also brings back a homeserver that was killed.
func (h *Homeserver) Restart(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.process != nil {
		if err := h.process.stop(syscall.SIGTERM); err != nil {
			return fmt.Errorf("stopping the homeserver: %w", err)
		}
	}
	return h.startLocked(ctx)
}

// Kill ends the program without warning (kill -9) and returns once it is gone.
// Restart brings it back.
func (h *Homeserver) Kill() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.process == nil {
		return nil
	}
	return h.process.kill()
}

// Stop ends the homeserver for good and removes its folder when that was
// temporary. Stopping twice does no harm.
func (h *Homeserver) Stop() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	var err error
	if h.process != nil {
		// Nobody will read the data again: no need to end in order.
		err = h.process.kill()
	}
	if h.ownDir {
		err = errors.Join(err, os.RemoveAll(h.dir))
	}
	return err
}

// PID returns the process ID of the homeserver.
func (h *Homeserver) PID() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.process.cmd.Process.Pid
}

func (h *Homeserver) start(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.startLocked(ctx)
}

func (h *Homeserver) startLocked(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	if err := h.engine.prepare(ctx, h.settings); err != nil {
		return err
	}
	p, err := startProcess(h.engine.command(h.settings), h.LogPath())
	if err != nil {
		return err
	}
	h.process = p
	if err := awaitAnswer(ctx, p, "http://"+loopback(h.settings.port)+"/_matrix/client/versions"); err != nil {
		err = p.failure(fmt.Errorf("starting %s: %w", h.kind, err))
		return errors.Join(err, p.kill())
	}
	return nil
}

// awaitAnswer returns once address answers 200, or fails when the program ends
// or the context does.
func awaitAnswer(ctx context.Context, p *process, address string) error {
	for {
		err := probe(ctx, address)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return errors.New("it ended instead of answering")
		case <-ctx.Done():
			return fmt.Errorf("no answer: %w (%w)", ctx.Err(), err)
		case <-time.After(pollEvery):
		}
	}
}

func probe(ctx context.Context, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	request.Close = true // leave no idle connection to a server that may restart
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", address, response.Status)
	}
	return nil
}
