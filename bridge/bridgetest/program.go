package bridgetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	dendriteVersion = "v0.15.2"
	dendriteCommand = "github.com/element-hq/dendrite/cmd/dendrite"
	// dendriteProgram names, in the environment, a Dendrite program to use
	// instead of building one.
	dendriteProgram = "PASSERELLE_DENDRITE"

	heartbeat = 10 * time.Second
)

// cacheFolder returns the folder in which built and installed homeservers are
// kept between runs, and makes it.
func cacheFolder() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding the cache folder: %w", err)
	}
	dir := filepath.Join(base, "passerelle")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("making the cache folder: %w", err)
	}
	return dir, nil
}

// buildDendrite returns the path of a Dendrite program, which it builds when
// the cache holds none for this version, these dependencies and this Go. Any
// number of processes may ask at once: one builds, the others wait.
func buildDendrite(ctx context.Context, progress io.Writer) (string, error) {
	if path := os.Getenv(dendriteProgram); path != "" {
		return path, nil
	}
	module, err := sourceFolder("dendrite")
	if err != nil {
		return "", err
	}
	cache, err := cacheFolder()
	if err != nil {
		return "", err
	}
	key, err := dendriteKey(ctx, module)
	if err != nil {
		return "", err
	}
	program := filepath.Join(cache, key, "dendrite")
	if isFile(program) {
		return program, nil
	}
	unlock, err := lockFile(ctx, filepath.Join(cache, key+".lock"), progress)
	if err != nil {
		return "", err
	}
	defer unlock()
	if isFile(program) { // built by another process while we waited
		return program, nil
	}
	if err := os.MkdirAll(filepath.Dir(program), 0o755); err != nil {
		return "", fmt.Errorf("making the folder of Dendrite: %w", err)
	}
	fmt.Fprintf(progress, "building the Dendrite homeserver %s: about 90 seconds, once\n", dendriteVersion)
	defer beat(progress, "still building Dendrite")()
	fresh := program + ".new"
	build := exec.CommandContext(ctx, "go", "build", "-o", fresh, dendriteCommand)
	build.Dir = module
	build.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building Dendrite in %s: %w\n%s", module, err, out)
	}
	// The rename makes the program appear whole or not at all.
	if err := os.Rename(fresh, program); err != nil {
		return "", fmt.Errorf("keeping the built Dendrite: %w", err)
	}
	return program, nil
}

// dendriteKey names one build of Dendrite: its version, the Go that built it,
// and the exact dependencies.
func dendriteKey(ctx context.Context, module string) (string, error) {
	goVersion := exec.CommandContext(ctx, "go", "env", "GOVERSION")
	goVersion.Dir = module
	version, err := goVersion.Output()
	if err != nil {
		return "", fmt.Errorf("asking Go for its version, to build Dendrite with it: %w", err)
	}
	sum := sha256.New()
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(module, name))
		if err != nil {
			return "", fmt.Errorf("reading Dendrite's dependencies: %w", err)
		}
		sum.Write(text)
	}
	return strings.Join([]string{
		"dendrite", dendriteVersion, strings.TrimSpace(string(version)),
		runtime.GOOS, runtime.GOARCH, hex.EncodeToString(sum.Sum(nil)[:4]),
	}, "-"), nil
}

// sourceFolder finds something of this package's own source folder: beside
// the file that the compiler saw or, when the build trimmed its paths, in the
// checkout that contains the working folder.
func sourceFolder(name string) (string, error) {
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		path := filepath.Join(filepath.Dir(file), name)
		if exists(path) {
			return path, nil
		}
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the checkout: %w", err)
	}
	for {
		path := filepath.Join(dir, "bridge", "bridgetest", name)
		if exists(path) {
			return path, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("finding bridge/bridgetest/%s: run this inside the checkout, or name a Dendrite program in %s", name, dendriteProgram)
		}
		dir = parent
	}
}

// lockFile takes an exclusive lock on a file between processes and returns
// what gives it back. The kernel does so when the process dies.
func lockFile(ctx context.Context, path string, progress io.Writer) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("opening the lock: %w", err)
	}
	waited := false
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			f.Close()
			return nil, fmt.Errorf("locking %s: %w", path, err)
		}
		if !waited {
			waited = true
			fmt.Fprintf(progress, "another process holds %s: waiting for it\n", path)
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("waiting for %s: %w", path, ctx.Err())
		case <-time.After(pollEvery):
		}
	}
}

// A reporter passes lines on to a writer, one at a time: work and the heartbeat
// beside it both report.
type reporter struct {
	mu sync.Mutex // guards w
	w  io.Writer
}

// newReporter makes a reporter on w, which may be nil for nobody.
func newReporter(w io.Writer) *reporter {
	if w == nil {
		w = io.Discard
	}
	return &reporter{w: w}
}

// Write implements io.Writer.
func (r *reporter) Write(line []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.w.Write(line)
}

// beat writes a line to progress now and again until the returned function is
// called, so that a person sees that long work goes on.
func beat(progress io.Writer, what string) (stop func()) {
	start := time.Now()
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(heartbeat)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
				fmt.Fprintf(progress, "%s (%d s)\n", what, int(time.Since(start).Seconds()))
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
