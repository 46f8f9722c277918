package catalogue

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

func TestExtraFile(t *testing.T) {
	t.Parallel()
	c := load(t, `
# a file that other readers share
commands: {espeak: {run: [espeak, "{{prompt}}"]}}
providers: {x: 1}
x-mine: &mine {adapter: "command:draw"}
capabilities: {text-to-poem: text}
operations: {voice/poem: text-to-poem}
media: {text: {estimate: 3s}}
schemas:
  poem: {type: object, required: [theme], properties: {theme: {type: string}}}
  lab-any: {type: object, maxProperties: 5}
models:
  house:
    poet: {capabilities: {text-to-poem: poem}, adapter: worker, price: 0.25, timeout: 90s}
  kling:
    kling-v3: {adapter: "http:kling", price: 0.5, capabilities: {text-to-video: {price: 0.75, estimate: 2m}}}
  modelslab:
    "*":
      adapter: "http:lab"
      capabilities: {text-to-speech: {adapter: "command:espeak"}, text-to-poem: poem}
    sdxl: *mine
`)
	type row struct {
		adapter           string
		price             taskhook.Money
		estimate, timeout time.Duration
	}
	tests := []struct {
		provider, capability, model string
		want                        row
	}{
		{"house", "text-to-poem", "poet", row{"worker", 250_000, 3 * time.Second, 90 * time.Second}},
		{"kling", "text-to-video", "kling-v3", row{"http:kling", 750_000, 2 * time.Minute, time.Hour}},
		{"kling", "image-to-video", "kling-v3", row{"http:kling", 500_000, time.Minute, time.Hour}},
		{"kling", "image-to-video", "kling-v2-6", row{"", 0, time.Minute, time.Hour}},
		{"modelslab", "text-to-speech", "", row{"command:espeak", 0, 20 * time.Second, 30 * time.Minute}},
		{"modelslab", "text-to-image", "other", row{"http:lab", 0, 10 * time.Second, 10 * time.Minute}},
		{"modelslab", "text-to-image", "sdxl", row{"command:draw", 0, 10 * time.Second, 10 * time.Minute}},
		{"modelslab", "text-to-video", "cogvideox", row{"http:lab", 0, time.Minute, time.Hour}},
		{"modelslab", "text-to-poem", "any", row{"http:lab", 0, 3 * time.Second, 10 * time.Minute}},
		{"modelslab", "caption", "any", row{"http:lab", 0, 3 * time.Second, 10 * time.Minute}},
	}
	for _, tt := range tests {
		m := lookup(t, c, tt.provider, tt.capability, tt.model)
		if got := (row{m.Adapter, m.Price, m.Estimate, m.Timeout}); got != tt.want {
			t.Errorf("%s %s %s: got %+v, want %+v", tt.provider, tt.capability, tt.model, got, tt.want)
		}
	}
	if capability, _, err := c.Operation("voice/poem"); capability != "text-to-poem" || err != nil {
		t.Errorf("operation: %q, %v", capability, err)
	}
	// The schema that the file replaced is in force, and the loose reading stays.
	if err := lookup(t, c, "modelslab", "caption", "x").Validate([]byte(`{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1}`)); err == nil {
		t.Error("the embedded schema is still in force")
	}
	if err := lookup(t, c, "kling", "text-to-video", "kling-v3").Validate([]byte(`{"prompt":"x","duration":2}`)); err == nil {
		t.Error("a partial override lost the schema")
	}
}

func TestLaterFilesWin(t *testing.T) {
	t.Parallel()
	var sources []*Source
	for _, text := range []string{"models: {vidu: {viduq3-pro: {adapter: worker, price: 1.10 # USD\n}}}", "models: {vidu: {viduq3-pro: {price: 2}}}", "", "# nothing\n"} {
		s, err := Parse("x.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, s)
	}
	c, err := Load(sources...)
	if err != nil {
		t.Fatal(err)
	}
	if m := lookup(t, c, "vidu", "text-to-video", "viduq3-pro"); m.Adapter != "worker" || m.Price != 2*taskhook.Dollar {
		t.Errorf("got %q, %v", m.Adapter, m.Price)
	}
}

func TestMistakesHavePlaces(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"syntax", "models:\n  vidu: [\n", "f.yaml:2:9: "},
		{"top-level key", "# c\nmodelz: {}\n", `f.yaml:2:1: unknown field "modelz"`},
		{"not a mapping", "- a\n", "f.yaml:1:1: "},
		{"model field", "models:\n  vidu:\n    viduq3-pro: {adaptor: x}\n", `f.yaml:3:18: unknown field "adaptor"`},
		{"capability field", "models:\n  vidu:\n    viduq3-pro:\n      capabilities:\n        text-to-video: {skema: x}\n", `f.yaml:5:25: unknown field "skema"`},
		{"twice", "models:\n  v:\n    m: {price: 1}\n    m: {price: 2}\n", "f.yaml:4:5: "},
		{"type", "models:\n  v:\n    m: {price: much}\n", `f.yaml:3:9: price must be a number of USD such as 0.32, not "much"`},
		{"alias", "models:\n  v:\n    m: *gone\n", "f.yaml:3:9: "},
		{"documents", "---\nmodels: {}\n---\nmodels: {}\n", "f.yaml: holds 2 YAML documents; keep one"},
		{"wait", "models:\n  vidu:\n    viduq3-pro: {wait: 5ms}\n", `f.yaml:3:18: wait must be a time of 1s or more such as 30m or 24h, or 0 for ever, not "5ms"`},
		{"wait of a capability", "models:\n  vidu:\n    viduq3-pro: {capabilities: {text-to-video: {wait: 1h}}}\n", `f.yaml:3:49: wait is of the whole model viduq3-pro, for tasks wait together`},
		{"lease", "models:\n  vidu:\n    viduq3-pro: {lease: 2h}\n", `f.yaml:3:18: lease must be a time from 1s to 1h, not "2h"`},
		{"price", "models:\n  vidu:\n    viduq3-pro: {price: -1}\n", "f.yaml:3:18: price must not be below 0, as -1 is"},
		{"price nan", "models:\n  vidu:\n    viduq3-pro: {price: .nan}\n", "f.yaml:3:18: price must be"},
		{"price inf", "models:\n  vidu:\n    viduq3-pro: {price: .inf}\n", "f.yaml:3:18: price must be"},
		{"price text", "models:\n  vidu:\n    viduq3-pro: {price: '1'}\n", "f.yaml:3:18: price must be a number of USD"},
		{"price digits", "models:\n  vidu:\n    viduq3-pro: {price: 0.0000001}\n", "f.yaml:3:18: price must have at most 6 decimals, not 0.0000001"},
		{"price huge", "models:\n  vidu:\n    viduq3-pro: {price: 1e30}\n", "f.yaml:3:18: price must be at most 999999999.999999, not 1e30"},
		{"duration", "models:\n  vidu:\n    viduq3-pro:\n      timeout: 3\n", `f.yaml:4:7: timeout must be a time above 0 such as 10m or 2h, not "3"`},
		{"negative", "models:\n  vidu:\n    viduq3-pro:\n      estimate: -3s\n", "f.yaml:4:7: estimate must be"},
		{"adapter", "models:\n  vidu:\n    viduq3-pro:\n      adapter: shell:x\n", `f.yaml:4:7: "shell:x" can't be an adapter; write command:NAME`},
		{"adapter of a capability", "models:\n  vidu:\n    viduq3-pro:\n      capabilities:\n        text-to-video: {adapter: 'x y'}\n", "f.yaml:5:25: "},
		{"schema", "models:\n  v:\n    m: {capabilities: {text-to-video: vidu-q4}}\n", `f.yaml:3:24: no file defines the schema "vidu-q4", did you mean "vidu-q2"; write it under schemas`},
		{"no schema", "models:\n  v:\n    m: {capabilities: {text-to-video: {}}}\n", "f.yaml:3:5: capability text-to-video of model m has no schema"},
		{"capability", "models:\n  v:\n    m: {capabilities: {text-to-vide: any}}\n", `f.yaml:3:24: no file defines the capability "text-to-vide", did you mean "text-to-video"`},
		{"no capability", "models:\n  v:\n    m: {adapter: worker}\n", "f.yaml:3:5: model m of v has no capability"},
		{"empty model", "models:\n  v:\n    m:\n", "f.yaml:3:5: model m of v has no capability"},
		{"provider name", "models:\n  Big Co: {}\n", "f.yaml:2:3: a provider is written in small letters"},
		{"model name", "models:\n  v:\n    'a b': {}\n", `f.yaml:3:5: "a b" can't be the name of a model`},
		{"capability name", "capabilities:\n  Text: text\n", "f.yaml:2:3: a capability is written in small letters"},
		{"medium", "capabilities:\n  text-to-smell: smell\n", `f.yaml:2:3: there is no medium "smell"; the media are image, video, audio, 3d, text and training`},
		{"medium's times", "media:\n  image: {timeout: 0s}\n", "f.yaml:2:11: timeout must be"},
		{"new medium", "media:\n  smell: {timeout: 1s}\n", `f.yaml:2:3: there is no medium "smell"`},
		{"operation", "operations:\n  a/b: c\n", `f.yaml:2:3: no file defines the capability "c"`},
		{"schema keyword", "schemas:\n  s:\n    type: object\n    properties:\n      a: {type: strin}\n", "f.yaml:5:11: schema s is not valid JSON Schema: "},
		{"schema value", "schemas:\n  s: {type: object, maxProperties: .inf}\n", "f.yaml:2:3: schema s holds what JSON can't"},
		{"schema pattern", "schemas:\n  s: {pattern: '('}\n", "f.yaml:2:"},
		{"schema elsewhere", "schemas:\n  s: {$ref: 'https://example.com/s'}\n", "f.yaml:2:3: schema s can't be used: "},
		{"schema in a file", "schemas:\n  s: {$ref: 'file:///etc/passwd'}\n", "f.yaml:2:3: schema s can't be used: "},
		{"schema of another", "schemas:\n  s: {$ref: 'vidu-q3'}\n", "f.yaml:2:3: schema s can't be used: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			source, err := Parse("f.yaml", []byte(tt.text))
			if err == nil {
				_, err = Load(source)
			}
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got %v, want %s…", err, tt.want)
			}
			if _, ok := errors.AsType[*taskhook.Error](err); ok {
				t.Error("a mistake of the operator must not look like one of a client")
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add("models: {v: {m: {capabilities: {text-to-video: any}, price: 1}}}")
	f.Add("schemas: {a: &a [*a], b: {<<: *a}}")
	f.Add("x-a: &a {b: c}\nmodels: {v: {'*': *a}}")
	f.Add("schemas: {s: {properties: {a: {type: [x]}}}}")
	f.Add("- a\n- b: {")
	f.Fuzz(func(t *testing.T, text string) {
		if source, err := Parse("f.yaml", []byte(text)); err == nil {
			_, _ = build([]*Source{source})
		}
	})
}

// TestTermsOfWorkers holds what a model says of the workers that fetch it, and in which
// pool they do.
func TestTermsOfWorkers(t *testing.T) {
	t.Parallel()
	c := load(t, `
models:
  vidu: {viduq3-pro: {adapter: "worker:big", lease: 15s, rerun: false, wait: 0, capabilities: {text-to-video: {lease: 20s}}}}
`)
	for capability, lease := range map[string]time.Duration{"text-to-video": 20 * time.Second, "image-to-video": 15 * time.Second} {
		if m := lookup(t, c, "vidu", capability, "viduq3-pro"); m.Lease != lease || m.Rerun || m.Wait == nil || *m.Wait != 0 {
			t.Errorf("%s: lease %s, rerun %t", capability, m.Lease, m.Rerun)
		}
	}
	if m := lookup(t, c, "vidu", "text-to-video", "viduq3-turbo"); m.Lease != time.Minute || !m.Rerun || m.Wait != nil {
		t.Errorf("one that says nothing: lease %s, rerun %t", m.Lease, m.Rerun)
	}
	for adapter, want := range map[string]string{"worker": "default", "worker:big": "big", "command:worker": "", "": ""} {
		if pool, ok := Pool(adapter); pool != want && ok || ok != (want != "") {
			t.Errorf("%q: pool %q, %t", adapter, pool, ok)
		}
	}
}
