package bridgetest

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// synapseKit names, in the environment, the folder that holds the installed
// Synapse. Empty means one in the user's cache folder.
const synapseKit = "PASSERELLE_SYNAPSE_KIT"

// synapse runs Debian's Synapse out of a chroot that synapse.sh made.
type synapse struct {
	script string
	kit    string
	dir    string
}

// newSynapse installs Synapse unless it is there already. Any number of
// processes may ask at once: one installs, the others wait.
func newSynapse(ctx context.Context, dir string, progress io.Writer) (*synapse, error) {
	script, err := sourceFolder("synapse.sh")
	if err != nil {
		return nil, err
	}
	kit := os.Getenv(synapseKit)
	if kit == "" {
		cache, err := cacheFolder()
		if err != nil {
			return nil, err
		}
		kit = filepath.Join(cache, "synapse")
	}
	s := &synapse{script: script, kit: kit, dir: dir}
	if err := os.MkdirAll(kit, 0o755); err != nil {
		return nil, fmt.Errorf("making Synapse's kit folder: %w", err)
	}
	unlock, err := lockFile(ctx, filepath.Join(kit, "lock"), progress)
	if err != nil {
		return nil, err
	}
	defer unlock()
	defer beat(progress, "still installing Synapse")()
	install := exec.CommandContext(ctx, script, "install")
	install.Env = append(os.Environ(), "KIT="+kit)
	install.SysProcAttr = ownGroup()
	install.Cancel = func() error { return syscall.Kill(-install.Process.Pid, syscall.SIGKILL) }
	install.Stdout = progress
	var complaint strings.Builder
	install.Stderr = &complaint
	if err := install.Run(); err != nil {
		return nil, fmt.Errorf("installing Synapse: %w: %s", err, strings.TrimSpace(complaint.String()))
	}
	return s, nil
}

func (s *synapse) prepare(context.Context, settings) error {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return fmt.Errorf("making Synapse's folder: %w", err)
	}
	return nil
}

func (s *synapse) command(set settings) *exec.Cmd {
	cmd := exec.Command(s.script, "run")
	cmd.Env = append(os.Environ(),
		"KIT="+s.kit,
		"DATA="+s.dir,
		"PORT="+strconv.Itoa(set.port),
		"SERVER_NAME="+set.serverName,
		"SHARED_SECRET="+set.secret,
		"REGISTRATIONS="+strings.Join(set.registrations, ":"),
		"FEATURES="+strings.Join(set.features, " "), fmt.Sprint("PRESENCE=", set.presence),
	)
	return cmd
}
