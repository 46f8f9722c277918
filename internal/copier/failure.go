package copier

import (
	"errors"
	"io/fs"
	"strings"
)

// errGone says that a result was removed before it was copied.
var errGone = errors.New("the result was removed here before it could be copied")

// gone reports whether there is nothing any more to copy.
func gone(err error) bool { return errors.Is(err, errGone) || errors.Is(err, fs.ErrNotExist) }

// maxExcerpt is how much of an error is stored, in bytes.
const maxExcerpt = 300

// excerpt is what of an error is shown to people.
func excerpt(err error) string {
	text := strings.ToValidUTF8(err.Error(), "?")
	if len(text) > maxExcerpt {
		text = strings.ToValidUTF8(text[:maxExcerpt], "") + "…"
	}
	return text
}
