package bridgetest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// ErrNoICAP is returned where c-icap or its anti-virus modules are not found.
var ErrNoICAP = errors.New("no c-icap on this machine: install it (Debian: apt-get install c-icap libc-icap-mod-virus-scan)")

// cicapModules is where Debian puts c-icap's modules.
const cicapModules = "/usr/lib/*/c_icap/clamd_mod.so"

// NewICAP starts c-icap for a test, which ends with it: an ICAP server whose
// service "antivirus" asks a [Clamd], and whose service "echo" sends back what
// it gets. It returns the URL of which the services' names are the path.
func NewICAP(t testing.TB, files *Clamd) (url string) {
	t.Helper()
	program, err := exec.LookPath("c-icap")
	modules, _ := filepath.Glob(cicapModules)
	if err != nil || len(modules) == 0 {
		t.Fatal(ErrNoICAP)
	}
	dir, err := os.MkdirTemp("", "c-icap-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	port, err := FreePort()
	if err != nil {
		t.Fatal(err)
	}
	config, at := filepath.Join(dir, "c-icap.conf"), filepath.Dir(modules[0])
	lines := []string{
		fmt.Sprintf("Port 127.0.0.1:%d", port), "PidFile " + filepath.Join(dir, "pid"), "CommandsSocket " + filepath.Join(dir, "ctl"),
		"ServerLog " + filepath.Join(dir, "server.log"), "AccessLog " + filepath.Join(dir, "access.log"), "TmpDir " + dir,
		"ModulesDir " + at, "ServicesDir " + at, "TemplateDir /usr/share/c_icap/templates/", "LoadMagicFile /etc/c-icap/c-icap.magic",
		"StartServers 1", "MaxServers 1", "ThreadsPerChild 10", "MinSpareThreads 5", "MaxSpareThreads 10",
		"Service echo srv_echo.so", "Service antivirus virus_scan.so", "Module common clamd_mod.so",
		"clamd_mod.ClamdSocket " + files.Socket, "virus_scan.DefaultEngine clamd",
		"virus_scan.ScanFileTypes TEXT DATA EXECUTABLE ARCHIVE GIF JPEG MSOFFICE", "virus_scan.SendPercentData 0",
		"virus_scan.MaxObjectSize 5M",
	}
	if err := os.WriteFile(config, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	server, err := startProcess(exec.Command(program, "-N", "-D", "-f", config), filepath.Join(dir, "out.log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.stop(syscall.SIGTERM); err != nil {
			t.Errorf("stopping c-icap: %v", err)
		}
	})
	address := fmt.Sprintf("127.0.0.1:%d", port)
	if err := awaitListener(t.Context(), server, address); err != nil {
		t.Fatal(server.failure(err))
	}
	return "icap://" + address
}

// awaitListener returns once a server takes connections.
func awaitListener(ctx context.Context, server *process, address string) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	var dialer net.Dialer
	for {
		conn, err := dialer.DialContext(ctx, "tcp", address)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-server.done:
			return errors.New("it ended instead of answering")
		case <-ctx.Done():
			return fmt.Errorf("no answer: %w (%w)", ctx.Err(), err)
		case <-time.After(pollEvery):
		}
	}
}
