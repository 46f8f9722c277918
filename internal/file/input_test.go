package file

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

func TestReferences(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	f := h.uploaded()
	old := h.Link(f, time.Now().AddDate(-1, 0, 0))
	ref := "file:" + f.ID
	escaped := strings.ReplaceAll(old, "/", `\/`)
	for name, test := range map[string]struct{ input, want string }{
		"none":        {`{"prompt":"a \"cat\" & <dog>","n":1.0}`, `{"prompt":"a \"cat\" & <dog>","n":1.0}`},
		"a link":      {`{"image_url": "` + h.Link(f, time.Now()) + `" }`, `{"image_url": "` + ref + `" }`},
		"expired":     {`{"image_url":"` + old + `"}`, `{"image_url":"` + ref + `"}`},
		"PHP":         {`{"image_url":"` + escaped + `"}`, `{"image_url":"` + ref + `"}`},
		"deep":        {`{"a":[1,{"b":["x","` + old + `"]}],"c":"` + old + `"}`, `{"a":[1,{"b":["x","` + ref + `"]}],"c":"` + ref + `"}`},
		"a reference": {`{"a":"` + ref + `"}`, `{"a":"` + ref + `"}`},
		"a name":      {`{"` + old + `" : 1}`, `{"` + old + `" : 1}`},
		"in a text":   {`{"a":"see ` + old + `"}`, `{"a":"see ` + old + `"}`},
		"elsewhere":   {`{"a":"https://y.example/files/` + f.ID + `.png"}`, `{"a":"https://y.example/files/` + f.ID + `.png"}`},
		"a result":    {`{"a":"https://x.example/results/task_x.png"}`, `{"a":"https://x.example/results/task_x.png"}`},
		"surrogate":   {`{"a":"\ud800","b":"` + ref + `"}`, `{"a":"\ud800","b":"` + ref + `"}`},
	} {
		got, err := h.Reference(t.Context(), alice, []byte(test.input))
		if err != nil || string(got) != test.want {
			t.Errorf("%s: %s, %v; want %s", name, got, err, test.want)
		}
		if strings.Contains(test.want, ref) {
			if _, err := h.Reference(t.Context(), bob, []byte(test.input)); taskhook.ErrorCode(err) != taskhook.CodeInvalid {
				t.Errorf("%s of another account: %v", name, err)
			}
		}
	}
	open, _ := h.announced(typePNG, 7)
	for _, text := range []string{"file:file_none", "file:" + open.ID, "https://x.example/files/file_none.png?signature=x", h.Link(open, time.Now())} {
		if _, err := h.Reference(t.Context(), alice, []byte(`{"a":"`+text+`"}`)); taskhook.ErrorCode(err) != taskhook.CodeInvalid {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	f := h.uploaded()
	// Escaped, too, it stands for the file.
	input := []byte(`{"a":"file:` + f.ID + `","b":["\u0066ile:` + f.ID + `"],"c":"file:x"}`)
	link := h.FileLinks.Permanent(shown(f))
	got, err := h.Resolve(t.Context(), alice, input)
	if want := `{"a":"` + link + `","b":["` + link + `"],"c":"file:x"}`; err != nil || string(got) != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
	if _, err := h.Resolve(t.Context(), bob, input); taskhook.ErrorCode(err) != taskhook.CodeInvalid {
		t.Errorf("of another account: %v", err)
	}
	if err := h.Delete(t.Context(), alice, f.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Resolve(t.Context(), alice, input); taskhook.ErrorCode(err) != taskhook.CodeInvalid {
		t.Errorf("of a deleted file: %v", err)
	}
}

// FuzzRewrite: what is replaced is exactly the texts, whatever is around them.
func FuzzRewrite(f *testing.F) {
	f.Add([]byte(`{"a":["x","y\"x"],"x":{"x" : "\u0078"}}`))
	f.Add([]byte(`["\\","x"]`))
	f.Add([]byte(`"x`))
	f.Fuzz(func(t *testing.T, input []byte) {
		same, err := rewrite(input, func(text string) (string, error) { return text, nil })
		if err != nil || !bytes.Equal(same, input) {
			t.Fatalf("%q became %q, %v", input, same, err)
		}
		if !json.Valid(input) {
			return
		}
		out, err := rewrite(input, func(text string) (string, error) {
			if text == "x" {
				return "a\"<&>\\z", nil
			}
			return text, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		var was, is any
		if json.Unmarshal(input, &was) != nil {
			return // a number out of range
		}
		if err := json.Unmarshal(out, &is); err != nil {
			t.Fatalf("%q became %q: %v", input, out, err)
		}
		want, _ := json.Marshal(replaced(was))
		if got, _ := json.Marshal(is); !bytes.Equal(got, want) {
			t.Errorf("%q became %q, want %s", input, out, want)
		}
	})
}

func replaced(v any) any {
	switch v := v.(type) {
	case string:
		if v == "x" {
			return "a\"<&>\\z"
		}
	case []any:
		for i := range v {
			v[i] = replaced(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = replaced(v[name])
		}
	}
	return v
}
