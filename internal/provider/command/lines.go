package command

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/taskhook/taskhook/internal/provider"
)

// lines is a writer that cuts what a program says into lines; a carriage return
// ends one too. It keeps the last line that was neither blank nor a report.
type lines struct {
	each func(line string) (isReport bool)

	line []byte
	kept string
}

// maxLine is how much of a line is looked at.
const maxLine = 4096

// Write implements io.Writer and never fails.
func (l *lines) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		end := bytes.IndexAny(rest, "\r\n")
		if end < 0 {
			l.add(rest)
			break
		}
		l.add(rest[:end])
		l.flush()
		rest = rest[end+1:]
	}
	return len(p), nil
}

func (l *lines) add(p []byte) {
	l.line = append(l.line, p[:min(len(p), maxLine-len(l.line))]...)
}

func (l *lines) flush() {
	line := strings.TrimSpace(string(l.line))
	l.line = l.line[:0]
	if line != "" && !l.each(line) {
		l.kept = line
	}
}

// last returns the line kept; a line without an end counts.
func (l *lines) last() string {
	l.flush()
	return l.kept
}

// plain makes a program's line fit for people: without the server's paths and
// control characters, and of a sentence's length.
func (f *folder) plain(line string) string {
	line = strings.ReplaceAll(strings.ToValidUTF8(line, "?"), f.work+"/", "")
	line = strings.ReplaceAll(line, f.dir, "")
	line = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, line)
	if text := []rune(line); len(text) > 300 {
		return string(text[:299]) + "…"
	}
	return line
}

// progress reports to a sink what programs say of theirs.
type progress struct {
	sink provider.Sink
	mu   sync.Mutex // stdout and stderr are read side by side
	last int
}

// line looks for "progress 40", "progress: 40.5" or "Progress 40%".
func (p *progress) line(line string) bool {
	const word = "progress"
	if len(line) < len(word) || !strings.EqualFold(line[:len(word)], word) {
		return false
	}
	number := strings.TrimSpace(strings.TrimPrefix(line[len(word):], ":"))
	percent, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(number, "%")), 64)
	if err != nil || !(percent >= 0 && percent <= 100) {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if whole := int(percent); whole > p.last {
		p.last = whole
		p.sink.Progress(whole)
	}
	return true
}

// capped writes to a file up to a limit, and says when there is more.
type capped struct {
	file *os.File
	left int64
	full func()
}

// Write implements io.Writer.
func (c *capped) Write(p []byte) (int, error) {
	if int64(len(p)) > c.left {
		c.full()
		return 0, errTooMuch
	}
	c.left -= int64(len(p))
	return c.file.Write(p)
}
