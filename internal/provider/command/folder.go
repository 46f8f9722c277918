package command

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/taskhook/taskhook"
)

// folder is what a run has on disk: its working folder, a folder for temporary
// files, and the captured stdout, which the program can't reach by name.
type folder struct {
	dir    string
	work   string
	temp   string
	stdout string
}

func layout(dir string) *folder {
	return &folder{
		dir:  dir,
		work: filepath.Join(dir, "work"), temp: filepath.Join(dir, "tmp"), stdout: filepath.Join(dir, "stdout"),
	}
}

// makeFolder makes the folder of a run. That it is there already is an error: no
// two runs of one id may go on at once.
func makeFolder(scratch, runID string) (*folder, error) {
	if !taskhook.HasIDForm(taskhook.PrefixRun, runID) {
		return nil, fmt.Errorf("make working folder: %q is not a run id", runID)
	}
	if err := os.MkdirAll(scratch, 0o700); err != nil {
		return nil, fmt.Errorf("make scratch directory: %w", err)
	}
	f := layout(filepath.Join(scratch, runID))
	for _, dir := range []string{f.dir, f.work, f.temp} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return nil, fmt.Errorf("make working folder: %w", err)
		}
	}
	return f, nil
}

func (f *folder) write(name, text string) error {
	if err := os.WriteFile(filepath.Join(f.work, name), []byte(text), 0o600); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// remove deletes everything. What it can't delete, Reap finds.
func (f *folder) remove() { os.RemoveAll(f.dir) }
