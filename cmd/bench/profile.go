package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// profiler is a file that is added to the program while it is built for a profile. The product has no such thing: it would
// be a way to look into a running bridge.
//
//go:embed profiler.go.txt
var profiler []byte

// profileVariable names, in the environment of a program with the profiler, the file that a profile goes to.
const profileVariable = "PASSERELLE_BENCH_PROFILE"

// instrument lets the build add the profiler (go help build, -overlay).
func (b *bench) instrument(ctx context.Context) error {
	source, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "passerelle").Output()
	if err != nil {
		return fmt.Errorf("find the checkout, in which this has to run: %w", err)
	}
	file, overlay := filepath.Join(b.dir, "profiler.go"), filepath.Join(b.dir, "overlay.json")
	if err := os.WriteFile(file, profiler, 0o600); err != nil {
		return err
	}
	replace, err := json.Marshal(map[string]map[string]string{
		"Replace": {filepath.Join(strings.TrimSpace(string(source)), "cmd", "passerelle", "profiler.go"): file},
	})
	if err != nil {
		return err
	}
	if err := os.WriteFile(overlay, replace, 0o600); err != nil {
		return err
	}
	if err := os.MkdirAll(b.profiles, 0o755); err != nil {
		return err
	}
	for name, value := range map[string]string{
		"GOFLAGS":       os.Getenv("GOFLAGS") + " -overlay=" + overlay,
		profileVariable: b.profileWritten(),
	} {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}

// profileWritten is the file that the program writes when a profile ends.
func (b *bench) profileWritten() string { return filepath.Join(b.dir, "cpu.pprof") }

// profileCPU begins a CPU profile of the bridge, and returns what ends it and puts it into the folder under a name. Without
// a folder it does nothing.
func (b *bench) profileCPU(ctx context.Context, pid int, name string) (stop func() error, err error) {
	if b.profiles == "" {
		return func() error { return nil }, nil
	}
	if err := syscall.Kill(pid, syscall.SIGUSR1); err != nil {
		return nil, fmt.Errorf("begin a profile: %w", err)
	}
	return func() error {
		if err := syscall.Kill(pid, syscall.SIGUSR2); err != nil {
			return fmt.Errorf("end a profile: %w", err)
		}
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		for {
			// The program gives it its name when it is whole.
			written, err := os.ReadFile(b.profileWritten())
			if err == nil {
				path := filepath.Join(b.profiles, name+".pprof")
				b.say("profile: %s", path)
				return errors.Join(os.Remove(b.profileWritten()), os.WriteFile(path, written, 0o600))
			}
			if !os.IsNotExist(err) {
				return err
			}
			if err := pause(ctx, quietEvery); err != nil {
				return fmt.Errorf("wait for a profile: %w", err)
			}
		}
	}, nil
}
