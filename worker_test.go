package taskhook_test

import (
	"testing"

	"github.com/taskhook/taskhook"
)

func TestWorkerTakes(t *testing.T) {
	t.Parallel()
	queue := taskhook.QueueName
	for _, tt := range []struct {
		name   string
		worker taskhook.Worker
		queue  string
		want   bool
	}{
		{"all models", taskhook.Worker{Pool: "default"}, queue("default", "acme", "draw", ""), true},
		{"another pool", taskhook.Worker{Pool: "other"}, queue("default", "acme", "draw", ""), false},
		{"a model by its name", taskhook.Worker{Pool: "p", Models: []string{"draw"}}, queue("p", "acme", "draw", ""), true},
		{"a model by provider and name", taskhook.Worker{Pool: "p", Models: []string{"acme/draw"}}, queue("p", "acme", "draw", ""), true},
		{"a model of another provider", taskhook.Worker{Pool: "p", Models: []string{"acme/draw"}}, queue("p", "other", "draw", ""), false},
		{"a model with a slash", taskhook.Worker{Pool: "p", Models: []string{"org/draw"}}, queue("p", "acme", "org/draw", ""), true},
		{"another model", taskhook.Worker{Pool: "p", Models: []string{"paint"}}, queue("p", "acme", "draw", ""), false},
		{"a pin", taskhook.Worker{Pool: "p", Labels: []string{"zone=eu", "gpu=a100"}}, queue("p", "acme", "draw", "gpu=a100"), true},
		{"a pin that it lacks", taskhook.Worker{Pool: "p", Labels: []string{"gpu=l4"}}, queue("p", "acme", "draw", "gpu=a100"), false},
		{"a pin to itself", taskhook.Worker{Pool: "p", Name: "w1"}, queue("p", "acme", "draw", "worker=w1"), true},
		{"a pin to another", taskhook.Worker{Pool: "p", Name: "w1"}, queue("p", "acme", "draw", "worker=w2"), false},
	} {
		if got := tt.worker.Takes(tt.queue); got != tt.want {
			t.Errorf("%s: %t for %q", tt.name, got, tt.queue)
		}
	}
	key := taskhook.Limits{Permissions: []taskhook.Scope{taskhook.ScopeWorker}, Models: []string{"draw"}}
	if !key.OfWorker() || !key.Covers(queue("p", "acme", "draw", "gpu=a100")) || key.Covers(queue("p", "acme", "paint", "")) {
		t.Error("the key of a worker is not for its model alone")
	}
	if everything := (taskhook.Limits{}); everything.OfWorker() {
		t.Error("a key that may do everything is one of workers")
	}
}

func TestWorkerNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"gpu-1": true, "": false, "a b": false, "-x": false, "a/b": false} {
		if got := taskhook.ValidWorkerName(name); got != want {
			t.Errorf("name %q: %t", name, got)
		}
	}
	for label, want := range map[string]bool{"gpu=a100": true, "gpu": false, "=x": false, "gpu=": false, "gpu=a b": false, "GPU=x": false} {
		if got := taskhook.ValidLabel(label); got != want {
			t.Errorf("label %q: %t", label, got)
		}
	}
}
