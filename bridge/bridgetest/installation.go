package bridgetest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// encryptionVariable names, in the environment, how bridges get their keys on
// Synapse: device (the default), login or transactions.
const encryptionVariable = "PASSERELLE_ENCRYPTION"

// keysInTransactions are what Synapse needs for the mode transactions.
func keysInTransactions() []string {
	return []string{"msc2409_to_device_messages_enabled", "msc3202_transaction_extensions"}
}

// InstallOptions says what an administrator would answer at the installation
// of Passerelle.
type InstallOptions struct {
	// Dir is where the configuration, the databases and the log go.
	Dir string
	// HomeserverURL, Domain and Kind describe the homeserver, which need not
	// run yet.
	HomeserverURL string
	Domain        string
	Kind          HomeserverKind
	// Database is a folder or a postgres:// URI. Empty means a folder in Dir.
	Database string
	// Networks are the networks to bridge.
	Networks []string
	// Settings are lines of YAML that take the place of a network's settings,
	// by the network's name. They are indented by the installation. An empty
	// text leaves what is written.
	Settings map[string]string
	// Replace are texts of the written configuration and what takes their place.
	Replace map[string]string
	// Progress hears of what takes long. Nil means nobody.
	Progress io.Writer
}

// An Installation is Passerelle as an administrator installs it: the real
// program, its configuration and its registrations.
type Installation struct {
	program string
	dir     string
	domain  string
	listen  string
	monitor string
	names   []string
	process *process // nil when it does not run
}

// BuildPasserelle builds the bridge and returns the path of the program. It is
// built into dir, from the checkout that this package stands in.
func BuildPasserelle(ctx context.Context, dir string, progress io.Writer) (string, error) {
	here, err := sourceFolder("dendrite")
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "passerelle")
	if progress == nil {
		progress = io.Discard
	}
	fmt.Fprintln(progress, "building passerelle: about 90 seconds the first time")
	defer beat(progress, "still building passerelle")()
	build := exec.CommandContext(ctx, "go", "build", "-tags", "goolm", "-o", program, "./cmd/passerelle")
	build.Dir = filepath.Join(here, "..", "..", "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building passerelle: %w\n%s", err, out)
	}
	return program, nil
}

// Install runs `passerelle init` with a program from BuildPasserelle.
func Install(ctx context.Context, program string, options InstallOptions) (*Installation, error) {
	port, err := freePair()
	if err != nil {
		return nil, err
	}
	i := &Installation{program: program, dir: options.Dir, domain: options.Domain, names: options.Networks,
		listen: loopback(port), monitor: loopback(port + 1)}
	mode := os.Getenv(encryptionVariable)
	if mode == "" {
		mode = "device"
	}
	if options.Kind == Dendrite {
		mode = "login" // the only one that it knows
	}
	args := []string{"init", "--dir", options.Dir, "--homeserver", options.HomeserverURL, "--domain", options.Domain,
		"--listen", i.listen, "--encryption", mode}
	for _, name := range options.Networks {
		args = append(args, "--network", name)
	}
	if options.Database != "" {
		args = append(args, "--database", options.Database)
	}
	if _, err := i.Run(ctx, args...); err != nil {
		return nil, err
	}
	return i, i.edit(options)
}

// freePair returns a free port whose next one is free, too.
func freePair() (int, error) {
	for range 100 {
		port, err := FreePort()
		if err != nil {
			return 0, err
		}
		if err := reserve(port + 1); err == nil {
			return port, nil
		}
	}
	return 0, errors.New("finding two free ports side by side: none in 100 tries")
}

// edit changes the written configuration as a person would.
func (i *Installation) edit(options InstallOptions) error {
	const indent = "      " // of a network's settings
	text, err := os.ReadFile(i.Config())
	if err != nil {
		return fmt.Errorf("reading the new configuration: %w", err)
	}
	changed := string(text)
	for name, settings := range options.Settings {
		if settings == "" {
			continue
		}
		head, rest, found := strings.Cut(changed, "\n  "+name+":\n")
		before, after, found2 := strings.Cut(rest, "    settings:\n")
		if !found || !found2 {
			return fmt.Errorf("the new configuration has no settings for %s", name)
		}
		tail := after
		for strings.HasPrefix(tail, indent) {
			_, tail, _ = strings.Cut(tail, "\n")
		}
		indented := indent + strings.ReplaceAll(strings.TrimSpace(settings), "\n", "\n"+indent)
		changed = head + "\n  " + name + ":\n" + before + "    settings:\n" + indented + "\n" + tail
	}
	for old, new := range options.Replace {
		if !strings.Contains(changed, old) {
			return fmt.Errorf("the new configuration does not contain %q", old)
		}
		changed = strings.ReplaceAll(changed, old, new)
	}
	return os.WriteFile(i.Config(), []byte(changed), 0o600)
}

// Config returns the path of the configuration.
func (i *Installation) Config() string { return filepath.Join(i.dir, "config.yaml") }

// LogPath returns the path of the file that the bridge logs to.
func (i *Installation) LogPath() string { return filepath.Join(i.dir, "bridge.log") }

// Monitor returns the URL of /livez, /readyz and /metrics.
func (i *Installation) Monitor() string { return "http://" + i.monitor }

// Address returns the URL at which the homeserver, and programs that link
// accounts for people, reach the bridge.
func (i *Installation) Address() string { return "http://" + i.listen }

// Bot returns the Matrix ID of a network's bot.
func (i *Installation) Bot(network string) string { return "@" + network + "bot:" + i.domain }

// Registrations returns the paths of the registrations for the homeserver.
func (i *Installation) Registrations() []string {
	var paths []string
	for _, name := range append([]string{"doublepuppet"}, i.names...) {
		paths = append(paths, filepath.Join(i.dir, "registration-"+name+".yaml"))
	}
	return paths
}

// Run runs a subcommand that ends by itself, and returns what it printed. An
// exit code other than 0 is an error that holds it, too.
func (i *Installation) Run(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, i.program, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("passerelle %s: %w\n%s", strings.Join(args, " "), err, out.String())
	}
	return out.String(), nil
}

// Start starts the bridge and returns once it is ready.
func (i *Installation) Start(ctx context.Context) error {
	if err := i.Launch(); err != nil {
		return err
	}
	return i.AwaitReady(ctx)
}

// Launch starts the bridge and returns at once.
func (i *Installation) Launch() error {
	p, err := startProcess(exec.Command(i.program, "run", "-c", i.Config()), i.LogPath())
	if err != nil {
		return err
	}
	i.process = p
	return nil
}

// AwaitReady returns once /readyz says that every network's bridge runs.
func (i *Installation) AwaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if ready, _ := i.Readiness(ctx); ready.Ready {
			return nil
		}
		select {
		case <-i.process.done:
			return i.process.failure(errors.New("the bridge did not start"))
		case <-ctx.Done():
			return i.process.failure(fmt.Errorf("the bridge is not ready: %w", ctx.Err()))
		case <-tick.C:
		}
	}
}

// Readiness is what /readyz says.
type Readiness struct {
	Ready    bool
	Networks map[string]struct {
		State  string
		Reason string
		Logins []struct{ Login, State string }
	}
}

// Readiness asks /readyz.
func (i *Installation) Readiness(ctx context.Context) (Readiness, error) {
	var r Readiness
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, i.Monitor()+"/readyz", nil)
	if err != nil {
		return r, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return r, err
	}
	defer response.Body.Close()
	return r, json.NewDecoder(response.Body).Decode(&r)
}

// Stop asks the bridge to stop, and returns once it has. Stopping one that
// does not run is no error.
func (i *Installation) Stop() error {
	if i.process == nil {
		return nil
	}
	return i.process.stop(syscall.SIGTERM)
}

// Kill ends the bridge at once, as a crash would (SIGKILL).
func (i *Installation) Kill() error {
	if i.process == nil {
		return nil
	}
	return i.process.kill()
}

// Ended is closed when the bridge has ended.
func (i *Installation) Ended() <-chan struct{} { return i.process.done }

// PID returns the process ID of the bridge.
func (i *Installation) PID() int { return i.process.cmd.Process.Pid }
