package command

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/taskhook/taskhook/internal/artifact/media"
	"github.com/taskhook/taskhook/internal/testkit"
)

// examples returns the commands of examples/local.yaml.
func examples(t *testing.T) map[string]Config {
	t.Helper()
	text, err := os.ReadFile("../../../examples/local.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Schemas, Models any
		Commands        map[string]Config
	}
	if err := yaml.UnmarshalWithOptions(text, &file, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	return file.Commands
}

func TestExamplesAreValid(t *testing.T) {
	t.Parallel()
	commands := examples(t)
	for _, name := range []string{"espeak", "caption"} {
		if err := commands[name].Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// makeExample runs an example with its real program.
func makeExample(t *testing.T, name, input string) (media.Type, time.Duration) {
	t.Helper()
	outputs, err := outcome(t, examples(t)[name], input)
	if err != nil {
		t.Fatal(err)
	}
	if len(outputs) != 1 {
		t.Fatalf("%d outputs", len(outputs))
	}
	b := outputs[0].Bytes
	typ := media.Detect(b[:min(len(b), media.HeadSize)], outputs[0].Name)
	return typ, media.Duration(typ, bytes.NewReader(b), int64(len(b)))
}

func TestEspeak(t *testing.T) {
	t.Parallel()
	if !testkit.Need(t, "espeak-ng") {
		return
	}
	typ, short := makeExample(t, "espeak", `{"prompt":"--version"}`)
	if typ.Media != "audio/wav" || short < 300*time.Millisecond {
		t.Errorf("%+v of %v", typ, short)
	}
	_, long := makeExample(t, "espeak", `{"prompt":"A sentence takes longer to say than one word does.","voice":"de","speed":120}`)
	if long <= short {
		t.Errorf("a sentence takes %v, a word %v", long, short)
	}
}

func TestCaption(t *testing.T) {
	t.Parallel()
	if !testkit.Need(t, "ffmpeg") {
		return
	}
	// What would end a filter, expand in one, or be an option.
	typ, length := makeExample(t, "caption", `{"prompt":"-y it's 100% \"%{pts}\" : a,b;[c] \\ end","duration":2}`)
	if typ.Media != "video/mp4" || length != 2*time.Second {
		t.Errorf("%+v of %v", typ, length)
	}
}
