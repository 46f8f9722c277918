package dashboard

import "testing"

// TestTemplatesParse looks at every page, for they are parsed only when they are
// shown.
func TestTemplatesParse(t *testing.T) {
	t.Parallel()
	for name, page := range newTemplates("", "", assets{}) {
		if page().Lookup("main") == nil {
			t.Errorf("%s defines no main", name)
		}
	}
}
