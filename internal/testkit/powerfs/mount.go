package powerfs

import (
	"fmt"
	"math/rand/v2"
	"os"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// FS is a mounted file system. Its methods must not be called at the same time.
type FS struct {
	dir    string
	disk   *disk
	server *fuse.Server
}

// Mount mounts an empty file system on the directory, for the processes of this
// user. A file whose last name honest refuses is never synced, though the file
// system says so, as a disk that lies; nil: it never lies. The error says that FUSE
// is not here, or that this user may not mount it.
//
// The process that mounts it also serves it, and should leave its use to others: a
// page fault of its own, by mapped memory, may wait for itself.
func Mount(dir string, honest func(name string) bool) (*FS, error) {
	if honest == nil {
		honest = func(string) bool { return true }
	}
	f := &FS{dir: dir, disk: newDisk(uint32(os.Getuid()), uint32(os.Getgid()), honest)}
	if err := f.mount(); err != nil {
		return nil, err
	}
	return f, nil
}

func (f *FS) mount() error {
	options := []string{"default_permissions"}
	if os.Getuid() == 0 {
		options = append(options, "allow_other") // for a database that refuses to run as root
	}
	s, err := fuse.NewServer(newServer(f.disk), f.dir, &fuse.MountOptions{
		FsName: "powerfs", Name: "powerfs", Options: options, DirectMount: true,
		DisableXAttrs: true, DisableReadDirPlus: true, ExplicitDataCacheControl: true})
	if err != nil {
		return fmt.Errorf("mount %s: %w", f.dir, err)
	}
	go s.Serve() // until Unmount, which waits for it
	if err := s.WaitMount(); err != nil {
		return fmt.Errorf("mount %s: %w", f.dir, err)
	}
	f.server = s
	return nil
}

// Unmount takes the file system away, with all that it holds. All processes that
// used it must have ended.
func (f *FS) Unmount() error {
	if err := f.server.Unmount(); err != nil {
		return fmt.Errorf("unmount %s: %w", f.dir, err)
	}
	return nil
}

// FailAt lets the power go at the nth sync from now, which then does nothing. First
// it calls kill, which is to kill all processes that use the file system, and not
// to wait for their end: from then on all that they ask for fails, until the power
// is cut and turned on again. With 0 it stays.
func (f *FS) FailAt(n int, kill func()) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	f.disk.syncs, f.disk.kill = n, kill
}

// Fill makes the disk full, so that no file can grow, or makes room again.
func (f *FS) Fill(full bool) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	f.disk.full = full
}

// Cut cuts the power and turns it on again: what is durable is there, and nothing
// else. All processes that used the file system must have ended.
func (f *FS) Cut() (Loss, error) { return f.cut(nil) }

// CutTorn is Cut, but a part of what was not yet durable survives, by draws of r.
func (f *FS) CutTorn(r *rand.Rand) (Loss, error) { return f.cut(r) }

// cut does its work while nothing is mounted, so that what the kernel still held is
// lost, and nothing of it comes later.
func (f *FS) cut(rest *rand.Rand) (Loss, error) {
	if err := f.Unmount(); err != nil {
		return Loss{}, err
	}
	loss := f.disk.cut(rest)
	return loss, f.mount()
}
