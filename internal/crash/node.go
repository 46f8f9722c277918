package crash

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"time"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/testkit/tcpproxy"
)

// node is a place of servers: one process after the other.
type node struct {
	role   role
	index  int
	way    *tcpproxy.Proxy // to the database; nil: there is none
	log    io.Writer
	server *server // the last one; nil: none yet
	life   life    // its
}

// newNode finds an address for the node, since links in bodies must outlive a
// restart.
func (t *Trial) newNode(index int) (*node, error) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	name := "main"
	if index > 0 {
		name = fmt.Sprintf("node-%d", index)
	}
	n := &node{index: index, log: t.Log, role: role{Data: filepath.Join(t.Data, name), Database: t.database, Listen: free.Addr().String(), Key: t.key}}
	if t.Nodes > 1 {
		if t.secret == "" {
			key := make([]byte, 32)
			rand.Read(key)
			t.secret = hex.EncodeToString(key)
		}
		n.role.Secret, n.role.Files, n.role.Receiver = t.secret, filepath.Join(t.Data, "files"), receiverAddr(index)
	}
	if t.Proxy != nil {
		if n.role.Database, n.way, err = t.Proxy(t.database); err != nil {
			return nil, err
		}
	}
	return n, free.Close()
}

func (n *node) client(key string) *client.Client { return client.New("http://"+n.role.Listen, key) }

// start begins another life.
func (n *node) start(r role) (err error) {
	n.life = life{Node: n.index, From: time.Now()}
	if r.Clock != 0 {
		n.life.Clocks = []time.Duration{r.Clock}
	}
	if n.server, err = start(r, n.log); err != nil {
		return fmt.Errorf("start node %d: %w", n.index, err)
	}
	n.life.Ready = n.server.ready.String()
	return nil
}

func (n *node) alive() bool { return n.server != nil && !n.server.gone() }

func (n *node) close() {
	if n.alive() {
		n.server.kill()
	}
	if n.way != nil {
		n.way.Close()
	}
}

// bury notes how the server of a node ended, when all that it had sent is read.
func (t *Trial) bury(ctx context.Context, n *node, end string) error {
	if err := t.receiver.drain(ctx, n.index); err != nil {
		return err
	}
	n.life.End, n.life.Until = end, time.Now()
	if len(n.life.Clocks) > 0 { // the next one begins with a clock that is right
		t.stage.jumped.Store(time.Now().UnixNano())
	}
	t.journal.note(n.life)
	t.lives = append(t.lives, n.life)
	return nil
}
