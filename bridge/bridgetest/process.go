package bridgetest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// stopGrace is how long a server may take to end in order before it is killed.
const stopGrace = 10 * time.Second

// A process is a running server program whose output goes to a file.
// Its methods may be called from any goroutine.
type process struct {
	cmd     *exec.Cmd
	logPath string
	done    chan struct{} // closed once the program has ended and been waited for
	err     error         // how it ended; written before done is closed
	gone    chan struct{} // closed after done, once what it started has ended too
	left    error         // set when that did not end; written before gone is closed
}

// startProcess starts cmd in a process group of its own with its output
// appended to the file logPath. The program ends with this one.
func startProcess(cmd *exec.Cmd, logPath string) (*process, error) {
	out, err := os.OpenFile(logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the log of %s: %w", cmd.Path, err)
	}
	cmd.Stdout, cmd.Stderr = out, out
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = ownGroup()
	}
	// Whatever the program starts inherits the other end of this pipe. It ends
	// when they all have: PostgreSQL's servers outlive a killed parent by a
	// moment, in sessions of their own, and a new parent would not start.
	held, holder, err := os.Pipe()
	if err != nil {
		out.Close()
		return nil, fmt.Errorf("starting %s: %w", cmd.Path, err)
	}
	cmd.ExtraFiles = append(cmd.ExtraFiles, holder)
	p := &process{cmd: cmd, logPath: logPath, done: make(chan struct{}), gone: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		// The kernel ties the parent-death signal to the thread that forked,
		// not to the process: hold on to it for as long as the child lives.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer out.Close()
		defer held.Close()
		err := cmd.Start()
		holder.Close()
		started <- err
		if err != nil {
			return
		}
		p.err = cmd.Wait()
		close(p.done)
		p.left = awaitEnd(held)
		close(p.gone)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %s: %w", cmd.Path, err)
	}
	return p, nil
}

// awaitEnd returns nil once nobody holds the other end of a pipe any more.
func awaitEnd(held *os.File) error {
	if err := held.SetReadDeadline(time.Now().Add(stopGrace)); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, held)
	return err
}

// ended reports whether the program has ended.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// stop asks the whole group to end with sig, kills it when it has not ended
// after a while, and returns once the program and all that it started are gone.
func (p *process) stop(sig syscall.Signal) error {
	if err := p.signal(sig); err != nil {
		return err
	}
	grace := time.NewTimer(stopGrace)
	defer grace.Stop()
	select {
	case <-p.done:
		return p.awaitGone()
	case <-grace.C:
		return p.kill()
	}
}

// kill ends the whole group without warning (SIGKILL) and returns once the
// program and all that it started are gone.
func (p *process) kill() error {
	if err := p.signal(syscall.SIGKILL); err != nil {
		return err
	}
	return p.awaitGone()
}

func (p *process) awaitGone() error {
	<-p.gone
	if p.left != nil {
		return fmt.Errorf("waiting for the end of what %s started: %w", p.cmd.Path, p.left)
	}
	return nil
}

func (p *process) signal(sig syscall.Signal) error {
	if p.ended() {
		return nil
	}
	err := syscall.Kill(-p.cmd.Process.Pid, sig)
	if err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("sending %v to %s: %w", sig, p.cmd.Path, err)
	}
	return nil
}

// failure wraps err with the end of the program's output, for a person.
func (p *process) failure(err error) error {
	if p.ended() {
		err = fmt.Errorf("%w (the program ended: %v)", err, p.err)
	}
	return fmt.Errorf("%w; the end of %s:\n%s", err, p.logPath, tail(p.logPath, 4096))
}

// tail returns at most the last n bytes of a file, from the start of a line.
// A file that cannot be read has an empty tail.
func tail(path string, n int64) []byte {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	cut := false
	if info, err := f.Stat(); err == nil && info.Size() > n {
		_, err = f.Seek(-n, io.SeekEnd)
		cut = err == nil
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return nil
	}
	if _, rest, ok := bytes.Cut(text, []byte("\n")); ok && cut {
		text = rest
	}
	return text
}
