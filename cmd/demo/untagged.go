//go:build !goolm

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// main builds the demo with the tag that its encryption needs, and becomes it, so that `go run ./cmd/demo` is enough.
func main() {
	if err := become(); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func become() error {
	cache, err := os.UserCacheDir()
	if err != nil {
		return err
	}
	program := filepath.Join(cache, "passerelle", "demo")
	fmt.Fprintln(os.Stderr, "building the demo: about 90 seconds the first time")
	build := exec.Command("go", "build", "-tags", "goolm", "-o", program, "passerelle/cmd/demo")
	build.Env = append(os.Environ(), "CGO_ENABLED=1")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build the demo, in the checkout: %w", err)
	}
	return syscall.Exec(program, append([]string{program}, os.Args[1:]...), os.Environ())
}
