package bridgetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/lib/pq"
)

const (
	// noPostgres, set to 1 in the environment, skips tests on PostgreSQL.
	noPostgres = "PASSERELLE_NO_POSTGRES"

	postgresUser = "passerelle"
)

// ErrNoPostgres is returned where no PostgreSQL server programs are found.
var ErrNoPostgres = errors.New("no PostgreSQL server on this machine: install one (Debian: apt-get install postgresql), or put its initdb and postgres into PATH")

// PostgresOptions says how a PostgreSQL server is to be. The zero value is a
// good choice.
type PostgresOptions struct {
	// Dir is where data and logs go; it stays. Empty means a temporary folder
	// that Stop removes. The server refuses to run as root: where this process
	// does, the folder is given to another user, who must be able to reach it.
	Dir string
	// Port is the port on 127.0.0.1. 0 means a free one.
	Port int
}

// A Postgres is a throw-away PostgreSQL server from the machine's own
// programs. It listens on 127.0.0.1 alone, asks for a password and does not
// wait for the disk: what is committed survives Kill, not a crash of the
// machine. Its methods may be called from any goroutine.
type Postgres struct {
	bin      string
	dir      string
	ownDir   bool
	port     int
	password string
	as       *syscall.Credential // nil: as this process

	mu      sync.Mutex // guards what follows; held while starting and stopping
	process *process   // nil before the first start
}

// StartPostgres starts a server and returns once it answers. The context
// bounds the start, not the server's life: call Stop. It also ends with this
// process, however that ends (on Linux). It fails with ErrNoPostgres where
// there is none.
func StartPostgres(ctx context.Context, options PostgresOptions) (_ *Postgres, err error) {
	p := &Postgres{dir: options.Dir, port: options.Port, password: rand.Text()}
	if p.bin, err = postgresPrograms(ctx); err != nil {
		return nil, err
	}
	if p.port == 0 {
		if p.port, err = FreePort(); err != nil {
			return nil, err
		}
	}
	if p.dir == "" {
		p.ownDir = true
		if p.dir, err = os.MkdirTemp("", "passerelle-postgres-"); err != nil {
			return nil, fmt.Errorf("making PostgreSQL's folder: %w", err)
		}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Stop())
		}
	}()
	if p.dir, err = filepath.Abs(p.dir); err != nil {
		return nil, fmt.Errorf("finding PostgreSQL's folder: %w", err)
	}
	if p.as, err = unprivileged(); err != nil {
		return nil, err
	}
	if err := p.initialize(ctx); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p, p.start(ctx)
}

// postgresPrograms returns the folder that holds initdb and postgres.
func postgresPrograms(ctx context.Context) (string, error) {
	var folders []string
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		folders = append(folders, strings.TrimSpace(string(out)))
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		folders = append(folders, filepath.Dir(path))
	}
	// Where Debian puts them, newest last.
	versions, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", fmt.Errorf("looking for PostgreSQL: %w", err)
	}
	slices.SortFunc(versions, func(a, b string) int { return debianVersion(b) - debianVersion(a) })
	for _, folder := range append(folders, versions...) {
		if isFile(filepath.Join(folder, "initdb")) && isFile(filepath.Join(folder, "postgres")) {
			return folder, nil
		}
	}
	return "", ErrNoPostgres
}

// debianVersion returns the 15 of /usr/lib/postgresql/15/bin, and 0 for
// anything that is no number.
func debianVersion(folder string) int {
	version, err := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
	if err != nil {
		return 0
	}
	return version
}

// unprivileged returns whom to run the server as: nil for oneself, somebody
// else for root, whom PostgreSQL refuses.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(account.Uid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("reading the user ID of %s: %w", name, err)
		}
		gid, err := strconv.ParseUint(account.Gid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("reading the group ID of %s: %w", name, err)
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody")
}

// initialize makes the data folder, unless there is one already.
func (p *Postgres) initialize(ctx context.Context) error {
	data, secret := filepath.Join(p.dir, "data"), filepath.Join(p.dir, "password")
	if exists(data) {
		password, err := os.ReadFile(secret)
		if err != nil {
			return fmt.Errorf("reading the password of the PostgreSQL in %s: %w", p.dir, err)
		}
		p.password = string(password)
		return nil
	}
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return fmt.Errorf("making PostgreSQL's folder: %w", err)
	}
	if err := os.WriteFile(secret, []byte(p.password), 0o600); err != nil {
		return fmt.Errorf("writing PostgreSQL's password: %w", err)
	}
	if err := p.handOver(); err != nil {
		return err
	}
	initdb := exec.CommandContext(ctx, filepath.Join(p.bin, "initdb"),
		"--pgdata="+data, "--username="+postgresUser, "--pwfile="+secret, "--auth=scram-sha-256",
		"--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions")
	initdb.Dir = p.dir
	initdb.SysProcAttr = ownGroup()
	initdb.SysProcAttr.Credential = p.as
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initializing PostgreSQL: %w\n%s", err, out)
	}
	return nil
}

// handOver gives the server's folder to whom the server runs as.
func (p *Postgres) handOver() error {
	if p.as == nil {
		return nil
	}
	err := filepath.WalkDir(p.dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(p.as.Uid), int(p.as.Gid))
	})
	if err != nil {
		return fmt.Errorf("handing PostgreSQL's folder over: %w", err)
	}
	return nil
}

// start starts the server and waits until it answers. The caller holds mu.
func (p *Postgres) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	cmd := exec.Command(filepath.Join(p.bin, "postgres"),
		"-D", filepath.Join(p.dir, "data"), "-p", strconv.Itoa(p.port),
		"-c", "listen_addresses=127.0.0.1",
		"-c", "unix_socket_directories=",
		// What is committed is with the kernel, and so survives the server's own
		// end; no need to wait for the disk.
		"-c", "fsync=off", "-c", "full_page_writes=off",
		"-c", "max_connections=200")
	cmd.Dir = p.dir
	cmd.SysProcAttr = ownGroup()
	cmd.SysProcAttr.Credential = p.as
	process, err := startProcess(cmd, filepath.Join(p.dir, "postgres.log"))
	if err != nil {
		return err
	}
	p.process = process
	if err := p.awaitAnswer(ctx); err != nil {
		err = process.failure(fmt.Errorf("starting PostgreSQL: %w", err))
		return errors.Join(err, process.kill())
	}
	return nil
}

// awaitAnswer returns once the server lets us in.
func (p *Postgres) awaitAnswer(ctx context.Context) error {
	db, err := sql.Open("postgres", p.URI("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	for {
		err := db.PingContext(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.process.done:
			return errors.New("it ended instead of answering")
		case <-ctx.Done():
			return fmt.Errorf("no answer: %w (%w)", ctx.Err(), err)
		case <-time.After(pollEvery):
		}
	}
}

// URI returns the address of one of the server's databases, for lib/pq.
func (p *Postgres) URI(database string) string {
	return (&url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(postgresUser, p.password),
		Host:     loopback(p.port),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}).String()
}

// CreateDatabase makes an empty database and returns its address, for lib/pq.
func (p *Postgres) CreateDatabase(ctx context.Context, name string) (uri string, err error) {
	db, err := sql.Open("postgres", p.URI("postgres"))
	if err != nil {
		return "", fmt.Errorf("creating database %s: %w", name, err)
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+pq.QuoteIdentifier(name)); err != nil {
		return "", fmt.Errorf("creating database %s: %w", name, err)
	}
	return p.URI(name), nil
}

// Restart ends the server if it runs, cutting its connections, and starts it
// again with the same port and data. It also brings back one that was killed.
func (p *Postgres) Restart(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	// SIGINT is the "fast" way to stop (postgres(1), "Notes").
	if err := p.process.stop(syscall.SIGINT); err != nil {
		return fmt.Errorf("stopping PostgreSQL: %w", err)
	}
	return p.start(ctx)
}

// Kill ends the server without warning (kill -9) and returns once it is gone.
// Restart brings it back.
func (p *Postgres) Kill() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.process.kill()
}

// Stop ends the server for good and removes its folder when that was
// temporary. Stopping twice does no harm.
func (p *Postgres) Stop() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var err error
	if p.process != nil {
		// SIGQUIT is the "immediate" way to stop: nobody reads the data again.
		err = p.process.stop(syscall.SIGQUIT)
	}
	if p.ownDir {
		err = errors.Join(err, os.RemoveAll(p.dir))
	}
	return err
}
