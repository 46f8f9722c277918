package command

import (
	"path"
	"strings"
	"sync"

	"github.com/taskhook/taskhook"
)

// maxNamed is how many files a program may speak of by their names.
const maxNamed = 1000

// findings is what a program says that a safety check of its own has found. What
// was flagged once stays so: a line may repeat what a client wrote.
type findings struct {
	mu   sync.Mutex // stdout and stderr are read side by side
	all  taskhook.Safety
	each map[string]taskhook.Safety // by the base name of the file
}

// line looks for "nsfw true" and "nsfw: false", which are about all results, and
// for "nsfw true out-2.png", about one.
func (f *findings) line(line string) bool {
	const word = "nsfw"
	if len(line) < len(word) || !strings.EqualFold(line[:len(word)], word) {
		return false
	}
	answer, name, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line[len(word):], ":")), " ")
	var found taskhook.Safety
	switch strings.ToLower(answer) {
	case "true":
		found = taskhook.SafetyFlagged
	case "false":
		found = taskhook.SafetySafe
	default:
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if name = strings.TrimSpace(name); name == "" {
		f.all = worse(f.all, found)
		return true
	}
	if f.each == nil {
		f.each = map[string]taskhook.Safety{}
	}
	if base := path.Base(name); len(f.each) < maxNamed {
		f.each[base] = worse(f.each[base], found)
	}
	return true
}

func worse(before, found taskhook.Safety) taskhook.Safety {
	if before == taskhook.SafetyFlagged {
		return before
	}
	return found
}

// of returns what was found in a file, by its base name.
func (f *findings) of(name string) taskhook.Safety {
	f.mu.Lock()
	defer f.mu.Unlock()
	if found, ok := f.each[name]; ok {
		return worse(f.all, found)
	}
	return f.all
}
