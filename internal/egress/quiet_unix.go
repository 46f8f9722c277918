//go:build unix

package egress

import "syscall"

// quiet reports whether nothing came in while the connection was idle. Receivers
// that give up waiting close it, and some say 408 before, which must not be taken
// for the answer to the next request.
func (c *conn) quiet() bool {
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
