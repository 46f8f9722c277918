package taskhook

import (
	"slices"
	"testing"
)

func TestOutputLinks(t *testing.T) {
	t.Parallel()
	for output, want := range map[string][]string{
		``:     nil,
		`null`: nil,
		`{}`:   nil,
		`{"b":["https://x.example/2","https://x.example/3"],"a":"https://x.example/1?s=1&t"}`:  {"https://x.example/1?s=1&t", "https://x.example/2", "https://x.example/3"},
		`{"n":7,"t":"see https://x.example","deep":{"z":[{"u":"http://x.example"}],"n":null}}`: {"http://x.example"},
	} {
		if got := OutputLinks([]byte(output)); !slices.Equal(got, want) {
			t.Errorf("%s: %q", output, got)
		}
	}
}
