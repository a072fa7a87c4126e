package bridgetest

import "syscall"

// ownGroup puts a child into a process group of its own, so that it and what
// it starts can be ended together, and asks the kernel to kill it when the
// thread that started it ends (prctl(2), PR_SET_PDEATHSIG): a test binary that
// panics or is killed leaves no server behind. That reaches the child alone,
// not the child's children; PostgreSQL's end by themselves without their parent.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
