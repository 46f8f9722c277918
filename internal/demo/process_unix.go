//go:build unix && !linux

package demo

import "syscall"

// attributes put the child in a group of its own, so that Ctrl-C reaches it
// through us only. When we are killed it ends at the next line that it logs, for
// nobody reads it any more.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
