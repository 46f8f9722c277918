package jsjson

import "fmt"

// Error says where and why the input is not JSON that can be used.
type Error struct {
	Offset  int    // of the offending byte in the input, from 0
	Problem string // half a sentence: "a string is not closed"
}

// Error returns the offset and the problem in one line.
func (e *Error) Error() string { return fmt.Sprintf("at byte %d: %s", e.Offset, e.Problem) }

func errorAt(offset int, format string, args ...any) error {
	return &Error{Offset: offset, Problem: fmt.Sprintf(format, args...)}
}
