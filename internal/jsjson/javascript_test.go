package jsjson_test

import (
	_ "embed"
	"sync"
	"testing"

	"github.com/dop251/goja"
)

//go:embed testdata/parse.js
var parseSource string

// javascript runs JSON.stringify(JSON.parse(text)) in a JavaScript engine. It
// may be called concurrently.
type javascript struct {
	mu        sync.Mutex
	runtime   *goja.Runtime
	normalize func(text string) (string, error)
}

func newJavaScript(tb testing.TB) *javascript {
	tb.Helper()
	js := &javascript{runtime: goja.New()}
	if _, err := js.runtime.RunString(parseSource); err != nil {
		tb.Fatal(err)
	}
	if err := js.runtime.ExportTo(js.runtime.Get("normalize"), &js.normalize); err != nil {
		tb.Fatal(err)
	}
	return js
}

// stringify returns the engine's output and whether the text is JSON at all.
func (js *javascript) stringify(text string) (string, bool) {
	js.mu.Lock()
	defer js.mu.Unlock()
	out, err := js.normalize(text)
	return out, err == nil
}
