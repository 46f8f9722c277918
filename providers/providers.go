// Package providers holds the descriptions of upstream APIs that come with
// taskhook, one file each. It must not know what they mean: docs/providers.md and
// internal/provider/upstream do.
package providers

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed *.yaml
var files embed.FS

// Read returns the file with a name, which is without its extension; ok is false
// when there is none.
func Read(name string) (data []byte, ok bool) {
	data, err := files.ReadFile(name + ".yaml")
	return data, err == nil
}

// Names returns the names in order.
func Names() []string {
	found, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil // can't happen: the pattern is a good one
	}
	for i, file := range found {
		found[i] = strings.TrimSuffix(file, ".yaml")
	}
	return found
}
