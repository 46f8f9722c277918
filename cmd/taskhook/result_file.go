//go:build unix

package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/taskhook/taskhook/client"
)

// fileName returns a name that is one, whatever the server says: that in the
// link, or one made of the task's id.
func fileName(id string, index int, result client.Result) string {
	name := ""
	if u, err := url.Parse(result.URL); err == nil {
		name = path.Base(u.Path)
	}
	if name != harmless(name) || path.Ext(name) == "" {
		name = fmt.Sprintf("%s-%d.%s", harmless(id), index+1, harmless(result.Format))
	}
	return name
}

// harmless keeps of a text what may stand in any file name, not hidden.
func harmless(text string) string {
	text = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' || r == '_' || r == '.' {
			return r
		}
		return -1
	}, text)
	text = strings.TrimLeft(text, ".-")
	return text[:min(len(text), 100)]
}

// saveFile makes a file that is there whole or not at all. Another of that name
// is not overwritten without force.
func saveFile(name string, force bool, fill func(io.Writer) error) error {
	if force {
		return replaceFile(name, fill)
	}
	reserved, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s is there already: remove it, name another --dir, or overwrite it with --force", name)
	}
	if err != nil {
		return fmt.Errorf("make the file: %w", err)
	}
	err = reserved.Close()
	if err == nil {
		err = replaceFile(name, fill)
	}
	if err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}

// replaceFile fills a hidden file beside the one that it takes the place of then.
func replaceFile(name string, fill func(io.Writer) error) error {
	hidden := filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+".part")
	if err := os.Remove(hidden); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove what was left of an earlier download: %w", err)
	}
	part, err := os.OpenFile(hidden, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return fmt.Errorf("make the file: %w", err)
	}
	err = errors.Join(fill(part), part.Close())
	if err == nil {
		err = os.Rename(hidden, name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(hidden))
	}
	return nil
}
