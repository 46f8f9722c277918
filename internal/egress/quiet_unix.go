//go:build unix

package egress

import "syscall"

// socketQuiet reports whether nothing is to be read from the socket, not even its
// end.
func (c *conn) socketQuiet() bool {
	if c.raw == nil {
		return true
	}
	c.silent = false
	err := c.raw.Read(c.peek)
	return err == nil && c.silent
}

// lookAt is peek: it never asks to be called again when there is more.
func (c *conn) lookAt(fd uintptr) (done bool) {
	var one [1]byte
	_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	c.silent = err == syscall.EAGAIN
	return true
}
