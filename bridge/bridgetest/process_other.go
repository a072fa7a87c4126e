//go:build unix && !linux

package bridgetest

import "syscall"

// ownGroup puts a child into a process group of its own, so that it and what
// it starts can be ended together.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
