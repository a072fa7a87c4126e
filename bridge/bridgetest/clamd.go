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
	"sync"
	"syscall"
	"testing"
	"time"
)

// Eicar is the file by which anti-virus programs are tried: harmless, and found by all of them (eicar.org). It stands here in two
// pieces, so that none of them takes this source for it.
const Eicar = `X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-` + `STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`

// EicarName is what a [Clamd] calls [Eicar]. ClamAV adds the end for signatures that are not its makers'.
const EicarName = "Eicar-Test-Signature.UNOFFICIAL"

// ErrNoClamd is returned where ClamAV's daemon is not found.
var ErrNoClamd = errors.New("no ClamAV daemon on this machine: install it (Debian: apt-get install clamav-daemon), or put its clamd into PATH")

// A Clamd is a throw-away daemon of ClamAV's, from the machine's own program.
// It knows one signature, that of [Eicar], and listens on a socket in a folder
// of its own. Its methods may be called from any goroutine.
type Clamd struct {
	// Socket is the path of the socket.
	Socket string

	program string
	dir     string
	limit   int64

	mu      sync.Mutex // guards what follows; held while starting and stopping
	process *process   // nil while it does not run
}

// NewClamd starts a daemon for a test, which ends with it. It takes files of
// limit bytes at most; 0 means 256 MiB.
func NewClamd(t testing.TB, limit int64) *Clamd {
	t.Helper()
	c := &Clamd{limit: limit}
	if c.limit == 0 {
		c.limit = 256 << 20
	}
	var err error
	if c.program, err = clamdProgram(); err != nil {
		t.Fatal(err)
	}
	// Not the test's folder, whose path may be longer than a socket's can be.
	if c.dir, err = os.MkdirTemp("", "clamd-"); err != nil {
		t.Fatal(err)
	}
	c.Socket = filepath.Join(c.dir, "clamd.sock")
	t.Cleanup(func() {
		if err := errors.Join(c.Stop(), os.RemoveAll(c.dir)); err != nil {
			t.Errorf("stopping clamd: %v", err)
		}
	})
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

// clamdProgram returns the path of the daemon, which Debian puts where only
// root's PATH leads.
func clamdProgram() (string, error) {
	if path, err := exec.LookPath("clamd"); err == nil {
		return path, nil
	}
	if path := "/usr/sbin/clamd"; isFile(path) {
		return path, nil
	}
	return "", ErrNoClamd
}

// Start starts the daemon and returns once it answers. Where it runs already it does nothing.
func (c *Clamd) Start(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.process != nil && !c.process.ended() {
		return nil
	}
	signatures, config := filepath.Join(c.dir, "signatures"), filepath.Join(c.dir, "clamd.conf")
	if err := os.MkdirAll(signatures, 0o700); err != nil {
		return fmt.Errorf("making clamd's folder: %w", err)
	}
	// A body signature: name, any type of file, anywhere in it, in hex
	// (ClamAV, "Body-based Signature Content Format").
	signature := fmt.Sprintf("%s:0:*:%x\n", strings.TrimSuffix(EicarName, ".UNOFFICIAL"), Eicar)
	lines := []string{
		"LocalSocket " + c.Socket, "FixStaleSocket yes", "DatabaseDirectory " + signatures, "TemporaryDirectory " + c.dir,
		"Foreground yes", fmt.Sprintf("StreamMaxLength %d", c.limit), "MaxFileSize 512M", "MaxScanSize 512M", "AlertExceedsMax yes",
		"MaxThreads 4", "ConcurrentDatabaseReload no",
	}
	err := errors.Join(os.WriteFile(filepath.Join(signatures, "eicar.ndb"), []byte(signature), 0o600),
		os.WriteFile(config, []byte(strings.Join(lines, "\n")+"\n"), 0o600))
	if err != nil {
		return fmt.Errorf("writing clamd's configuration: %w", err)
	}
	if c.process, err = startProcess(exec.Command(c.program, "--config-file="+config), filepath.Join(c.dir, "clamd.log")); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	if err := c.awaitPong(ctx); err != nil {
		err = c.process.failure(fmt.Errorf("starting clamd: %w", err))
		return errors.Join(err, c.process.kill())
	}
	return nil
}

// awaitPong returns once the daemon answers.
func (c *Clamd) awaitPong(ctx context.Context) error {
	for {
		err := c.pings(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-c.process.done:
			return errors.New("it ended instead of answering")
		case <-ctx.Done():
			return fmt.Errorf("no answer: %w (%w)", ctx.Err(), err)
		case <-time.After(pollEvery):
		}
	}
}

func (c *Clamd) pings(ctx context.Context) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", c.Socket)
	if err != nil {
		return err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return err
		}
	}
	if _, err := conn.Write([]byte("zPING\x00")); err != nil {
		return err
	}
	answer := make([]byte, len("PONG"))
	if _, err := conn.Read(answer); err != nil {
		return err
	}
	if string(answer) != "PONG" {
		return fmt.Errorf("it answers %q", answer)
	}
	return nil
}

// Stop ends the daemon in order, if it runs.
func (c *Clamd) Stop() error { return c.end(syscall.SIGTERM) }

// Freeze has the daemon hang: it takes connections, and says nothing. Thaw ends that.
func (c *Clamd) Freeze() error { return c.signal(syscall.SIGSTOP) }

// Thaw has the daemon go on.
func (c *Clamd) Thaw() error { return c.signal(syscall.SIGCONT) }

func (c *Clamd) signal(sig syscall.Signal) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.process.signal(sig)
}

func (c *Clamd) end(sig syscall.Signal) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.process == nil {
		return nil
	}
	if err := c.process.signal(syscall.SIGCONT); err != nil { // a frozen one does not end
		return err
	}
	return c.process.stop(sig)
}
