//go:build unix

package main

import (
	"io"
	"os"
	"strconv"
	"syscall"
	"unsafe"

	"github.com/taskhook/taskhook/internal/config"
)

// screen is where something is printed, and what can be done there.
type screen struct {
	w        io.Writer
	terminal bool // lines can be written over
	colour   bool
	width    int // columns; 0: lines of any length are welcome
}

// newScreen finds out what can be done on w.
func newScreen(w io.Writer, env config.Env) *screen {
	s := &screen{w: w}
	width, ok := terminalWidth(w)
	if !ok {
		return s
	}
	if columns, _ := env("COLUMNS"); columns != "" {
		if n, err := strconv.Atoi(columns); err == nil && n > 0 {
			width = n
		}
	}
	noColour, _ := env("NO_COLOR")
	term, _ := env("TERM")
	s.width, s.terminal = width, term != "dumb"
	s.colour = s.terminal && noColour == ""
	return s
}

// terminalWidth returns the columns of a terminal, and false for all else.
func terminalWidth(w io.Writer) (columns int, ok bool) {
	file, ok := w.(*os.File)
	if !ok {
		return 0, false
	}
	var size struct{ rows, columns, x, y uint16 }
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, file.Fd(), syscall.TIOCGWINSZ, uintptr(unsafe.Pointer(&size)))
	if errno != 0 {
		return 0, false
	}
	if size.columns == 0 { // a terminal that does not know
		return 80, true
	}
	return int(size.columns), true
}

// The escape sequences of a terminal.
const (
	bold   = "\x1b[1m"
	dim    = "\x1b[2m"
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"

	plain     = "\x1b[0m"
	clearLine = "\r\x1b[K"
)

// paint colours a text that is safe already.
func (s *screen) paint(colour, text string) string {
	if !s.colour || colour == "" || text == "" {
		return text
	}
	return colour + text + plain
}

// colourOf returns the colour of a state of anything.
func colourOf(state string) string {
	switch state {
	case "succeeded", "completed", "delivered", "active", "alive", "ok":
		return green
	case "failed", "disabled", "gone":
		return red
	case "pending", "queued", "running", "held", "paused":
		return yellow
	case "cancelled", "expired":
		return dim
	}
	return ""
}
