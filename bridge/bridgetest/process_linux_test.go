package bridgetest

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// A killed test binary runs no cleanup: what it started must end all the same.
func TestAServerEndsWithTheProgramThatStartedIt(t *testing.T) {
	const role = "BRIDGETEST_STARTS_A_SERVER"
	if logPath := os.Getenv(role); logPath != "" {
		startAndHang(t, logPath)
		return
	}
	// The pipe ends when nobody holds its other end: neither the program that
	// starts the server nor the server.
	held, holder, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if err := held.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	parent := exec.Command(os.Args[0], "-test.run=^TestAServerEndsWithTheProgramThatStartedIt$")
	parent.Env = append(os.Environ(), role+"="+filepath.Join(t.TempDir(), "server.log"))
	parent.ExtraFiles = []*os.File{holder}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	holder.Close()
	if _, err := io.ReadFull(held, make([]byte, 1)); err != nil {
		t.Fatalf("the server did not start: %v", err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(held); err != nil || len(rest) > 0 {
		t.Errorf("read %q (%v), want the end", rest, err)
	}
	_ = parent.Wait() // it was killed, and says so
}

// startAndHang plays the program that starts a server and is killed.
func startAndHang(t *testing.T, logPath string) {
	server := exec.Command("sh", "-c", "echo >&3; exec sleep 600")
	server.ExtraFiles = []*os.File{os.NewFile(3, "holder")}
	if _, err := startProcess(server, logPath); err != nil {
		t.Fatal(err)
	}
	select {}
}
