package powerfs

import (
	"sync"
	"syscall"
	"time"
)

// disk is the tree of files, as it is and as it would be after a cut.
type disk struct {
	honest func(name string) bool

	mu      sync.Mutex
	off     bool // the power has gone, and Cut was not called yet
	full    bool
	syncs   int    // until that; 0: it does not
	kill    func() // called then
	nodes   map[uint64]*node
	last    uint64 // number of the newest node
	deeds   uint64 // changes of names so far
	cookies uint64
}

// node is a file or a directory.
type node struct {
	number  uint64
	name    string // the last one it got
	mode    uint32 // with its type
	uid     uint32
	gid     uint32
	changed time.Time
	links   int
	content
	names
}

// rootNumber is the number that FUSE knows the root by.
const rootNumber = 1

func newDisk(uid, gid uint32, honest func(name string) bool) *disk {
	d := &disk{honest: honest, nodes: map[uint64]*node{}}
	root := d.make("", syscall.S_IFDIR|0o700, uid, gid)
	root.links = 2
	return d
}

// make adds a node without a name.
func (d *disk) make(name string, mode, uid, gid uint32) *node {
	d.last++
	n := &node{number: d.last, name: name, mode: mode, uid: uid, gid: gid, changed: time.Now(), names: newNames()}
	d.nodes[n.number] = n
	return n
}

func (n *node) isDir() bool { return n.mode&syscall.S_IFMT == syscall.S_IFDIR }

// at returns the node of a number. Without power there is none.
func (d *disk) at(number uint64) (*node, syscall.Errno) {
	n := d.nodes[number]
	switch {
	case d.off:
		return nil, syscall.EIO
	case n == nil:
		return nil, syscall.ESTALE
	}
	return n, 0
}

// child returns the node of a name.
func (d *disk) child(dir uint64, name string) (*node, syscall.Errno) {
	parent, errno := d.at(dir)
	if errno != 0 {
		return nil, errno
	}
	found, ok := parent.names.now[name]
	if !ok {
		return nil, syscall.ENOENT
	}
	return found.node, 0
}

// name gives a node a further name in dir.
func (d *disk) name(deed uint64, dir *node, name string, n *node) {
	d.cookies++
	dir.names.change(naming{deed, name, link{n, d.cookies}})
	dir.changed = time.Now()
	n.name = name
	n.links++
}

// unname takes a name away.
func (d *disk) unname(deed uint64, dir *node, name string) {
	if old, ok := dir.names.now[name]; ok {
		old.node.links--
		dir.names.change(naming{deed: deed, name: name})
		dir.changed = time.Now()
	}
}

func (d *disk) deed() uint64 {
	d.deeds++
	return d.deeds
}

// create makes a file or a directory.
func (d *disk) create(dir uint64, name string, mode, uid, gid uint32) (*node, syscall.Errno) {
	parent, errno := d.at(dir)
	if errno != 0 {
		return nil, errno
	}
	if _, taken := parent.names.now[name]; taken {
		return nil, syscall.EEXIST
	}
	n := d.make(name, mode, uid, gid)
	d.name(d.deed(), parent, name, n)
	return n, 0
}

// link gives a file a second name.
func (d *disk) link(file, dir uint64, name string) (*node, syscall.Errno) {
	n, errno := d.at(file)
	if errno != 0 {
		return nil, errno
	}
	parent, errno := d.at(dir)
	if errno != 0 {
		return nil, errno
	}
	if _, taken := parent.names.now[name]; taken {
		return nil, syscall.EEXIST
	}
	d.name(d.deed(), parent, name, n)
	return n, 0
}

// remove takes the name of a file, or of an empty directory.
func (d *disk) remove(dir uint64, name string, wantDir bool) syscall.Errno {
	n, errno := d.child(dir, name)
	switch {
	case errno != 0:
		return errno
	case wantDir && !n.isDir():
		return syscall.ENOTDIR
	case !wantDir && n.isDir():
		return syscall.EISDIR
	case len(n.names.now) > 0:
		return syscall.ENOTEMPTY
	}
	d.unname(d.deed(), d.nodes[dir], name)
	return 0
}

// rename moves a file, in place of another one if there is one and it may.
func (d *disk) rename(from uint64, name string, to uint64, newName string, replace bool) syscall.Errno {
	n, errno := d.child(from, name)
	if errno != 0 {
		return errno
	}
	target, errno := d.at(to)
	if errno != 0 {
		return errno
	}
	old, taken := target.names.now[newName]
	switch {
	case n.isDir() && from != to:
		return syscall.EXDEV
	case taken && !replace:
		return syscall.EEXIST
	case taken && old.node == n:
		return 0
	case taken && (old.node.isDir() || n.isDir()):
		return syscall.EEXIST
	}
	deed := d.deed()
	if taken {
		old.node.links--
	}
	d.name(deed, target, newName, n)
	d.unname(deed, d.nodes[from], name)
	return 0
}

// sync makes a node durable, if the disk is honest about it and the power does not
// go just then.
func (d *disk) sync(number uint64) syscall.Errno {
	if d.syncs == 1 {
		d.kill()
		d.off = true
	}
	d.syncs = max(d.syncs-1, 0)
	n, errno := d.at(number)
	if errno == 0 && d.honest(n.name) {
		n.content.sync()
		n.names.sync()
	}
	return errno
}
