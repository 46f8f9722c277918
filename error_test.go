package taskhook_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/taskhook/taskhook"
)

func TestErrorCode(t *testing.T) {
	t.Parallel()
	inner := taskhook.Errorf(taskhook.CodeNotFound, "There is no %s.", "task")
	outer := &taskhook.Error{Code: taskhook.CodeConflict, Message: "Can't.", Err: inner}
	for _, tt := range []struct {
		err  error
		want taskhook.Code
	}{
		{nil, ""},
		{errors.New("x"), taskhook.CodeInternal},
		{inner, taskhook.CodeNotFound},
		{fmt.Errorf("read: %w", inner), taskhook.CodeNotFound},
		{outer, taskhook.CodeConflict},
		{errors.Join(errors.New("x"), outer), taskhook.CodeConflict},
	} {
		if got := taskhook.ErrorCode(tt.err); got != tt.want {
			t.Errorf("ErrorCode(%v) = %q, want %q", tt.err, got, tt.want)
		}
	}
	if got := outer.Error(); got != "Can't.: There is no task." || !errors.Is(outer, inner) {
		t.Errorf("for the log it is %q", got)
	}
	if e := taskhook.FieldErrorf(taskhook.CodeInvalid, "input.x", "No %d.", 1); e.Field != "input.x" || e.Message != "No 1." {
		t.Errorf("made %+v", e)
	}
}

func TestCodesAreDistinct(t *testing.T) {
	t.Parallel()
	codes := taskhook.Codes()
	slices.Sort(codes)
	if len(slices.Compact(codes)) != len(taskhook.Codes()) || slices.Contains(codes, "") {
		t.Errorf("codes %v", codes)
	}
}
