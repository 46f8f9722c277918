// Package testkit holds what the tests of several packages share. No other code may
// import it.
package testkit

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// Need reports whether the program, which a test can't do without, is installed.
// Without it the test is to return: what it proves is not proven on this machine,
// which is printed, or with STRICT=1 in the environment fails the test. The file
// that TASKHOOK_PROVEN names gets a line for each such test that was not proven,
// and for each that passed.
func Need(t testing.TB, program string) bool {
	t.Helper()
	_, err := exec.LookPath(program)
	return need(t, program, err == nil)
}

// NeedFile is Need for what is installed as a file: what says in a word or two
// what that is.
func NeedFile(t testing.TB, path, what string) bool {
	t.Helper()
	_, err := os.Stat(path)
	return need(t, what, err == nil)
}

// NeedThat is Need for what the test has looked for itself.
func NeedThat(t testing.TB, there bool, what string) bool {
	t.Helper()
	return need(t, what, there)
}

func need(t testing.TB, what string, there bool) bool {
	t.Helper()
	if !there {
		record(t, "not-proven", what)
		if os.Getenv("STRICT") == "1" {
			t.Fatalf("%s is not available, and STRICT=1 lets no proof be left out: install it or unset STRICT", what)
		}
		t.Logf("not proven here: %s is not available", what)
		return false
	}
	t.Cleanup(func() {
		if !t.Failed() {
			record(t, "proven", what)
		}
	})
	return true
}

// record appends a line in one write, for packages are tested side by side.
func record(t testing.TB, verdict, what string) {
	t.Helper()
	path := os.Getenv("TASKHOOK_PROVEN")
	if path == "" {
		return
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatalf("record what is proven: %v", err)
	}
	defer f.Close()
	if _, err := fmt.Fprintf(f, "%s %s %s\n", verdict, t.Name(), what); err != nil {
		t.Errorf("record what is proven: %v", err)
	}
}
