package demo

import "syscall"

// attributes put the child in a group of its own, so that Ctrl-C reaches it
// through us only, and let the kernel kill it when we are killed.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
