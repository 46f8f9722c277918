package file

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	"github.com/taskhook/taskhook"
)

// resultScheme begins a reference to a result of a task, by its file name:
// "result:task_x.png".
const resultScheme = "result:"

// replaceResults puts other texts in place of those that name a result of a task
// of the account.
func (s *Service) replaceResults(ctx context.Context, account string, input json.RawMessage, other func(taskhook.Artifact) string) (json.RawMessage, error) {
	if !bytes.Contains(input, []byte(resultScheme)) {
		return input, nil
	}
	return rewrite(input, func(text string) (string, error) {
		name, ok := strings.CutPrefix(text, resultScheme)
		if id, _, _ := strings.Cut(strings.ReplaceAll(name, "-", "."), "."); !ok || !taskhook.HasIDForm(taskhook.PrefixTask, id) {
			return text, nil
		}
		a, err := s.Results.Result(ctx, account, name)
		if taskhook.ErrorCode(err) == taskhook.CodeNotFound || err == nil && a.Removed {
			return "", taskhook.FieldErrorf(taskhook.CodeInvalid, "input", "input names the result %.80s, which is not kept in this account.", name)
		}
		if err != nil {
			return "", err
		}
		return other(a), nil
	})
}
