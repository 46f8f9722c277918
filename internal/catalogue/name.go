package catalogue

import "regexp"

func textOrNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// The forms of names: providers and capabilities are parts of a URL path, model
// names may hold what the three APIs' names hold.
var (
	pathName  = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)
	modelName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/:@+-]{0,127}$`)
	adapter   = regexp.MustCompile(`^(|sandbox|worker|(command|http|worker):[A-Za-z0-9._-]{1,64})$`)
)

func validPathName(s string) bool  { return pathName.MatchString(s) }
func validModelName(s string) bool { return modelName.MatchString(s) }
func validAdapter(s string) bool   { return adapter.MatchString(s) }
