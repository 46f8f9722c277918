//go:build unix

package main

import (
	"fmt"
	"slices"
	"strings"
)

// progress shows how far something is: on a terminal in a line that is written
// over, else in a line whenever there is news.
type progress struct {
	to   *screen
	news string // what was told last
}

// tell shows the news and a detail of them, on a terminal also a moment, which
// changes all the time.
func (p *progress) tell(news, moment, detail string) {
	if p.to.terminal {
		_ = p.to.print(clearLine + cut(safe(join(news, moment, detail)), p.to.width-1))
	} else if news != p.news {
		p.to.say("%s", join(news, detail))
	}
	p.news = news
}

// join puts what is not empty into a line.
func join(parts ...string) string {
	parts = slices.DeleteFunc(parts, func(part string) bool { return part == "" })
	return strings.Join(parts, "  ")
}

// end leaves the terminal as it was.
func (p *progress) end() {
	if p.to.terminal && p.news != "" {
		_ = p.to.print(clearLine)
	}
}

// part says how many of a hundred percent are done, on a terminal with a bar.
func (p *progress) part(percent int) string {
	const width = 20
	percent = min(max(percent, 0), 100)
	text := fmt.Sprintf("%d %%", percent)
	if !p.to.terminal {
		return text
	}
	full := percent * width / 100
	return strings.Repeat("█", full) + strings.Repeat("░", width-full) + "  " + text
}
