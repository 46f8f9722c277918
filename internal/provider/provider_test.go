package provider_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/provider"
)

type plain string

func (p plain) Name() string { return string(p) }

func (plain) Run(context.Context, provider.Request, provider.Sink) error { return nil }

type limited struct{ plain }

func (limited) Concurrency() int { return 3 }

func TestRegistry(t *testing.T) {
	t.Parallel()
	r, err := provider.NewRegistry(plain("sandbox"), limited{"command:espeak"})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Names(); !slices.Equal(got, []string{"command:espeak", "sandbox"}) {
		t.Errorf("Names = %v", got)
	}
	if a, ok := r.Adapter("sandbox"); !ok || a.Name() != "sandbox" {
		t.Errorf("Adapter = %v, %v", a, ok)
	}
	if _, ok := r.Adapter("other"); ok {
		t.Error("an unknown adapter was found")
	}
	for name, want := range map[string]int{"command:espeak": 3, "sandbox": 0, "other": 0} {
		if account, got := r.Concurrency(name); got != want || account != name {
			t.Errorf("Concurrency(%s) = %s, %d, want %d", name, account, got, want)
		}
	}
}

func TestRegistryRefuses(t *testing.T) {
	t.Parallel()
	if _, err := provider.NewRegistry(plain("a"), plain("a")); err == nil {
		t.Error("two of one name were taken")
	}
	if _, err := provider.NewRegistry(plain("")); err == nil {
		t.Error("one without a name was taken")
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	refused := provider.Permanent(taskhook.TaskErrorProvider, "The provider refused the prompt.")
	refused.Err = errors.New("status 422 from 10.0.0.7")
	tests := []struct {
		err       error
		permanent bool
		want      taskhook.TaskError
	}{
		{fmt.Errorf("run x: %w", refused), true, taskhook.TaskError{Code: "PROVIDER_ERROR", Message: "The provider refused the prompt."}},
		{fmt.Errorf("run x: %w", context.DeadlineExceeded), false, taskhook.TaskError{Code: "PROVIDER_TIMEOUT", Message: "The provider took longer than it may."}},
		{errors.New("dial 10.0.0.7: refused"), false, taskhook.TaskError{Code: "PROVIDER_ERROR", Message: "The provider could not finish the task. Try again later."}},
	}
	for _, tt := range tests {
		if got := provider.IsPermanent(tt.err); got != tt.permanent {
			t.Errorf("IsPermanent(%v) = %v", tt.err, got)
		}
		if got := provider.TaskError(tt.err); *got != tt.want {
			t.Errorf("TaskError(%v) = %+v, want %+v", tt.err, *got, tt.want)
		}
	}
	if !strings.Contains(refused.Error(), "10.0.0.7") || !errors.Is(refused, refused.Err) {
		t.Error("the cause is lost")
	}
}
