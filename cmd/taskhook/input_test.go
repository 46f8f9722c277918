//go:build unix

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook/client"
)

func TestReadJSON(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return "@" + path
	}
	for text, want := range map[string]string{
		` {"a": 1} `:                `{"a": 1}`,
		file("good", "{\"b\":2}\n"): `{"b":2}`,
		`{a:1}`:                     "--input is not JSON",
		`{} {}`:                     "--input is not JSON",
		file("empty", " \n"):        "--input is empty",
		"@" + dir + "/none":         "no such file",
		file("big", strings.Repeat(" ", maxInput+1)): "more than 16.8 MB",
	} {
		value, err := readJSON("input", text)
		if err == nil {
			if string(value) != want {
				t.Errorf("%.80s: %s", text, value)
			}
			continue
		}
		if _, usage := errors.AsType[usageError](err); !usage || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want %s", text, err, want)
		}
	}
}

func TestWithPrompt(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]string{
		`{}`:                         `{"prompt":"a \"cat\""}`,
		`{"n":12345678901234567890}`: `{"n":12345678901234567890,"prompt":"a \"cat\""}`,
		`{"prompt":"x"}`:             "",
		`[]`:                         "",
		`null`:                       "",
	} {
		got, err := withPrompt(json.RawMessage(input), `a "cat"`)
		if string(got) != want || (err != nil) != (want == "") {
			t.Errorf("%s: %s, %v", input, got, err)
		}
	}
}

func TestReadSchedule(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"default": "[]true <nil>", "none": "[]false <nil>", "1m,5m,30m": "[60 300 1800]false <nil>", "1.5s": "[1.5]false <nil>",
	} {
		seconds, err := readSchedule(text)
		if got := fmt.Sprintf("%v%v %v", seconds, seconds == nil, err); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{"", "5", "-1s", "1m;2m", "9999h"} {
		if _, err := readSchedule(text); err == nil {
			t.Errorf("%q passes", text)
		}
	}
}

func TestReadMoment(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Time{
		"90m": noon().Add(-90 * time.Minute), "7d": noon().AddDate(0, 0, -7), "2026-02-01": time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC),
		"2026-02-01T10:00:00+02:00": time.Date(2026, 2, 1, 8, 0, 0, 0, time.UTC),
	} {
		if got, err := readMoment(noon(), "--since", text); err != nil || !got.Equal(want) {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"7", "-2h", "0d", "d", "999999999d", "yesterday"} {
		if got, err := readMoment(noon(), "--since", text); err == nil {
			t.Errorf("%q is %s", text, got)
		}
	}
	if got, err := readMoment(noon(), "--since", ""); err != nil || !got.IsZero() {
		t.Errorf("no flag is %s, %v", got, err)
	}
}

func TestReadBatch(t *testing.T) {
	t.Parallel()
	read := func(text string) (sizes []int, err error) {
		decoder := json.NewDecoder(strings.NewReader(text))
		for {
			batch, err := readBatch(decoder)
			if len(batch) > 0 {
				sizes = append(sizes, len(batch))
			}
			if err == io.EOF {
				return sizes, nil
			}
			if err != nil {
				return sizes, err
			}
		}
	}
	const one = `{"type":"a","data":{}}` + "\n"
	large := `{"type":"a","data":{"x":"` + strings.Repeat("x", 200<<10) + `"}}`
	for want, text := range map[string]string{
		"[] <nil>": "", "[2] <nil>": one + "\n" + one, fmt.Sprintf("[%d 1] <nil>", client.MaxEvents): strings.Repeat(one, client.MaxEvents+1),
		"[3 1] <nil>": strings.Repeat(large, 4), "[1] unexpected EOF": one + `{"type":`,
	} {
		sizes, err := read(text)
		if got := fmt.Sprintf("%v %v", sizes, err); got != want {
			t.Errorf("%.40q: %s, want %s", text, got, want)
		}
	}
}
