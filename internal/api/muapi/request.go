package muapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/httpserver"
	"github.com/taskhook/taskhook/internal/jsjson"
)

// maxBody is the largest body that is read.
const maxBody = 1 << 20

// readBody returns the body of r, which is to be JSON whatever its header says.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := httpserver.Body{Limit: maxBody, Advice: "Send files by their URL."}.Read(w, r)
	if err == nil && len(body) == 0 {
		err = taskhook.Errorf(taskhook.CodeMissing, "The request has no body. Send a JSON object.")
	}
	return body, err
}

// members calls each for every member of the object body, which must repeat no
// name.
func members(body []byte, each func(name string, value []byte) error) error {
	err := jsjson.Object(body, each)
	if bad, ok := errors.AsType[*jsjson.Error](err); ok {
		return &taskhook.Error{Code: taskhook.CodeMalformed, Message: "The body can't be read as a JSON object: " + bad.Error() + "."}
	}
	return err
}

// textOf reads a text; null is as good as empty.
func textOf(name string, value []byte) (text string, err error) {
	if json.Unmarshal(value, &text) != nil || strings.Contains(text, "\x00") {
		return "", taskhook.FieldErrorf(taskhook.CodeInvalid, name, "%s must be a text.", name)
	}
	return text, nil
}

// queryValue returns a parameter of a query, of several the last, or an empty
// text. It reads leniently, for callers paste URLs into queries: a semicolon is no
// separator, and a percent sign that escapes nothing stands for itself.
func queryValue(query, name string) (value string) {
	for pair := range strings.SplitSeq(query, "&") {
		k, v, _ := strings.Cut(pair, "=")
		if unescape(k) == name {
			value = unescape(v)
		}
	}
	return value
}

func unescape(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}
