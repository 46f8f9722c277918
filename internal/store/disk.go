package store

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/taskhook/taskhook"
)

// DiskOf tells how full the disk of a directory is.
func DiskOf(dir string) (taskhook.Disk, error) {
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		return taskhook.Disk{}, fmt.Errorf("look at the disk of the data directory: %w", err)
	}
	block := int64(stat.Bsize)
	return taskhook.Disk{Free: int64(stat.Bavail) * block, Size: int64(stat.Blocks) * block}, nil
}
