package app

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/taskhook/taskhook"
)

// disk tells how full the disk of the data directory is.
func (a *App) disk() (taskhook.Disk, error) {
	var stat unix.Statfs_t
	if err := unix.Statfs(a.Config.Data, &stat); err != nil {
		return taskhook.Disk{}, fmt.Errorf("look at the disk of the data directory: %w", err)
	}
	block := int64(stat.Bsize)
	return taskhook.Disk{Free: int64(stat.Bavail) * block, Size: int64(stat.Blocks) * block}, nil
}
