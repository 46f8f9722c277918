package dashboard

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/taskhook/taskhook"
)

// headerLine is a header of a request as it was sent.
type headerLine struct {
	Name, Value string
	Made        bool // Value says how the header's value was made, and is not it
}

// requestHeaders returns the headers of an attempt. All follow from what is stored
// but the signatures, which need a secret and are not repeated here.
func requestHeaders(sent *taskhook.Outgoing, a *taskhook.Attempt) []headerLine {
	timestamp := strconv.FormatInt(a.StartedAt.Unix(), 10)
	list := []headerLine{
		{"Content-Type", "application/json", false},
		{"User-Agent", "taskhook/1 (+webhooks)", false},
		{"Webhook-Id", sent.EventID, false},
		{"Webhook-Timestamp", timestamp, false},
	}
	if sent.PerJob() {
		return append(list,
			headerLine{"Webhook-Signature", "v1a,… made for each attempt with the key of this server", true},
			headerLine{"X-Webhook-Id", sent.EventID, false},
			headerLine{"X-Webhook-Timestamp", timestamp, false},
			headerLine{"X-Webhook-Event", sent.EventType, false},
			headerLine{"X-Job-Id", sent.Subject, false})
	}
	return append(list,
		headerLine{"Webhook-Signature", "v1,… made for each attempt with the secrets of the endpoint", true},
		headerLine{"X-Webhook-Id", sent.EventID, false},
		headerLine{"X-Webhook-Timestamp", timestamp, false},
		headerLine{"X-Webhook-Signature", "… made for each attempt with the secret of the endpoint", true})
}

// maxCurl is the largest body that stands in a command line, in bytes.
const maxCurl = 32 << 10

// curl returns a command that sends the request again, without the signatures.
func curl(sent *taskhook.Outgoing, headers []headerLine) string {
	var b strings.Builder
	b.WriteString("curl -i -X POST " + quote(sent.URL))
	for _, h := range headers {
		if !h.Made {
			fmt.Fprintf(&b, " \\\n  -H %s", quote(h.Name+": "+h.Value))
		}
	}
	if len(sent.Body) > maxCurl {
		b.WriteString(" \\\n  --data-binary @body.json")
	} else {
		b.WriteString(" \\\n  --data-binary " + quote(string(sent.Body)))
	}
	return b.String()
}

// quote returns a text as one word of a shell. What a page could not show as it is
// gets written in escapes, so that the line can be copied from there.
func quote(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return hidden(r) || r == '\n' || r == '\t' }) {
		return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	}
	var b strings.Builder
	b.WriteString("$'")
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\'' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteString("'")
	return b.String()
}
