//go:build !unix

package egress

// quiet can't look, so that a dead connection is found by its use.
func (c *conn) quiet() bool { return true }

func (c *conn) lookAt(uintptr) (done bool) { return true }
