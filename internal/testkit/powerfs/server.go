package powerfs

import (
	"slices"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// valid is how long the kernel may rely on what it was told: always, for nobody
// but the kernel changes anything.
const valid = time.Hour

// server answers the kernel. What it does not define answers that it does not exist.
type server struct {
	fuse.RawFileSystem
	*disk
}

func newServer(d *disk) *server { return &server{fuse.NewDefaultRawFileSystem(), d} }

func (n *node) attributes(a *fuse.Attr) {
	*a = fuse.Attr{Ino: n.number, Mode: n.mode, Nlink: uint32(n.links), Size: uint64(len(n.content.now)), Blksize: 4096}
	a.Blocks = (a.Size + sector - 1) / sector
	a.Uid, a.Gid = n.uid, n.gid
	a.SetTimes(&n.changed, &n.changed, &n.changed)
}

func (n *node) entry(out *fuse.EntryOut) {
	out.NodeId = n.number
	n.attributes(&out.Attr)
	out.SetEntryTimeout(valid)
	out.SetAttrTimeout(valid)
}

// reply fills an answer about a node.
func reply(n *node, errno syscall.Errno, out *fuse.EntryOut) fuse.Status {
	if errno == 0 {
		n.entry(out)
	}
	return fuse.Status(errno)
}

func (s *server) Lookup(_ <-chan struct{}, in *fuse.InHeader, name string, out *fuse.EntryOut) fuse.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, errno := s.child(in.NodeId, name)
	return reply(n, errno, out)
}

func (s *server) GetAttr(_ <-chan struct{}, in *fuse.GetAttrIn, out *fuse.AttrOut) fuse.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, errno := s.at(in.NodeId)
	if errno != 0 {
		return fuse.Status(errno)
	}
	n.attributes(&out.Attr)
	out.SetTimeout(valid)
	return fuse.OK
}

func (s *server) SetAttr(_ <-chan struct{}, in *fuse.SetAttrIn, out *fuse.AttrOut) fuse.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, errno := s.at(in.NodeId)
	if errno != 0 {
		return fuse.Status(errno)
	}
	if mode, ok := in.GetMode(); ok {
		n.mode = n.mode&syscall.S_IFMT | mode&^syscall.S_IFMT
	}
	if uid, ok := in.GetUID(); ok {
		n.uid = uid
	}
	if gid, ok := in.GetGID(); ok {
		n.gid = gid
	}
	if size, ok := in.GetSize(); ok {
		n.content.change(write{size: int64(size)})
		n.changed = time.Now()
	}
	if changed, ok := in.GetMTime(); ok {
		n.changed = changed
	}
	n.attributes(&out.Attr)
	out.SetTimeout(valid)
	return fuse.OK
}

func (s *server) Mkdir(_ <-chan struct{}, in *fuse.MkdirIn, name string, out *fuse.EntryOut) fuse.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, errno := s.create(in.NodeId, name, syscall.S_IFDIR|in.Mode&^syscall.S_IFMT, in.Uid, in.Gid)
	return reply(n, errno, out)
}

func (s *server) Create(_ <-chan struct{}, in *fuse.CreateIn, name string, out *fuse.CreateOut) fuse.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, errno := s.create(in.NodeId, name, syscall.S_IFREG|in.Mode&^syscall.S_IFMT, in.Uid, in.Gid)
	out.OpenFlags = fuse.FOPEN_KEEP_CACHE
	return reply(n, errno, &out.EntryOut)
}

func (s *server) Link(_ <-chan struct{}, in *fuse.LinkIn, name string, out *fuse.EntryOut) fuse.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, errno := s.link(in.Oldnodeid, in.NodeId, name)
	return reply(n, errno, out)
}

func (s *server) Unlink(_ <-chan struct{}, in *fuse.InHeader, name string) fuse.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fuse.Status(s.remove(in.NodeId, name, false))
}

func (s *server) Rmdir(_ <-chan struct{}, in *fuse.InHeader, name string) fuse.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fuse.Status(s.remove(in.NodeId, name, true))
}

// noReplace is the only flag of renameat2 that is understood.
const noReplace = 1

func (s *server) Rename(_ <-chan struct{}, in *fuse.RenameIn, name, newName string) fuse.Status {
	if in.Flags&^noReplace != 0 {
		return fuse.EINVAL
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return fuse.Status(s.rename(in.NodeId, name, in.Newdir, newName, in.Flags&noReplace == 0))
}

func (s *server) Open(_ <-chan struct{}, _ *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	out.OpenFlags = fuse.FOPEN_KEEP_CACHE
	return fuse.OK
}

func (s *server) Read(_ <-chan struct{}, in *fuse.ReadIn, buf []byte) (fuse.ReadResult, fuse.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, errno := s.at(in.NodeId)
	if errno != 0 {
		return nil, fuse.Status(errno)
	}
	from := min(in.Offset, uint64(len(n.content.now)))
	return fuse.ReadResultData(buf[:copy(buf, n.content.now[from:])]), fuse.OK
}

func (s *server) Write(_ <-chan struct{}, in *fuse.WriteIn, data []byte) (uint32, fuse.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, errno := s.at(in.NodeId)
	if errno != 0 {
		return 0, fuse.Status(errno)
	}
	if s.full && in.Offset+uint64(len(data)) > uint64(len(n.content.now)) {
		return 0, fuse.Status(syscall.ENOSPC)
	}
	n.content.change(write{offset: int64(in.Offset), data: slices.Clone(data)})
	n.changed = time.Now()
	return uint32(len(data)), fuse.OK
}

func (s *server) Fsync(_ <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fuse.Status(s.sync(in.NodeId))
}

func (s *server) FsyncDir(cancel <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	return s.Fsync(cancel, in)
}

func (s *server) OpenDir(_ <-chan struct{}, _ *fuse.OpenIn, _ *fuse.OpenOut) fuse.Status {
	return fuse.OK
}

// ReadDir goes on after the name whose cookie the kernel has, whatever came and
// went since.
func (s *server) ReadDir(_ <-chan struct{}, in *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	dir, errno := s.at(in.NodeId)
	if errno != 0 {
		return fuse.Status(errno)
	}
	var list []fuse.DirEntry
	for name, l := range dir.names.now {
		if l.cookie > in.Offset {
			list = append(list, fuse.DirEntry{Name: name, Mode: l.node.mode, Ino: l.node.number, Off: l.cookie})
		}
	}
	slices.SortFunc(list, func(a, b fuse.DirEntry) int { return int(a.Off) - int(b.Off) })
	for _, e := range list {
		if !out.AddDirEntry(e) {
			break
		}
	}
	return fuse.OK
}

// StatFs tells of a disk with room enough.
func (s *server) StatFs(_ <-chan struct{}, _ *fuse.InHeader, out *fuse.StatfsOut) fuse.Status {
	const blocks = 1 << 24
	*out = fuse.StatfsOut{Blocks: blocks, Bfree: blocks, Bavail: blocks, Files: blocks, Ffree: blocks, Bsize: 4096, Frsize: 4096, NameLen: 255}
	return fuse.OK
}
