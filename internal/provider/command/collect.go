package command

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/provider"
)

// captures reports whether stdout is a result.
func (a *Adapter) captures() bool { return slices.Contains(a.program.Outputs, stdout) }

// collect hands the files that the program made to the sink.
func (a *Adapter) collect(ctx context.Context, f *folder, sink provider.Sink, found *findings) error {
	work, err := os.OpenRoot(f.work)
	if err != nil {
		return fmt.Errorf("open working folder: %w", err)
	}
	defer work.Close()
	for _, pattern := range a.program.Outputs {
		if pattern == stdout {
			file, err := os.Open(f.stdout)
			if err != nil {
				return fmt.Errorf("open stdout: %w", err)
			}
			if err := a.hand(ctx, file, provider.Output{Name: stdout, Safety: found.of(stdout)}, sink); err != nil {
				return err
			}
			continue
		}
		names, err := a.made(work.FS(), pattern)
		if err != nil {
			return err
		}
		for _, name := range names {
			file, err := work.Open(name)
			if err != nil {
				return fmt.Errorf("open %s: %w", name, err)
			}
			if err := a.hand(ctx, file, provider.Output{Name: path.Base(name), Safety: found.of(path.Base(name))}, sink); err != nil {
				return err
			}
		}
	}
	sink.Progress(100)
	return nil
}

// made lists the plain files that match, but for those that the program was
// given. Links are left out: they could lead to files that are nobody's result.
func (a *Adapter) made(work fs.FS, pattern string) ([]string, error) {
	names, err := fs.Glob(work, pattern)
	if err != nil {
		return nil, fmt.Errorf("look for %s: %w", pattern, err)
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		info, err := fs.Lstat(work, name)
		_, given := a.program.files[name]
		return err != nil || !info.Mode().IsRegular() || given
	})
	if len(names) == 0 {
		return nil, refuse("%s ended well but made no file %s.", a.name, pattern)
	}
	return names, nil
}

// hand gives one file to the sink and closes it.
func (a *Adapter) hand(ctx context.Context, file *os.File, o provider.Output, sink provider.Sink) error {
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("look at %s: %w", o.Name, err)
	}
	switch {
	case info.Size() == 0:
		return refuse("%s ended well but left %s empty.", a.name, o.Name)
	case info.Size() > a.program.MaxOutputBytes:
		return provider.Permanent(taskhook.TaskErrorProvider,
			fmt.Sprintf("%s made %s of %d bytes; it may make %d.", a.name, o.Name, info.Size(), a.program.MaxOutputBytes))
	}
	if err := sink.Output(ctx, o, io.NewSectionReader(file, 0, info.Size())); err != nil {
		return fmt.Errorf("hand over %s: %w", o.Name, err)
	}
	return nil
}
