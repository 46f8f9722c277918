package dashboard

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// hostileTexts try to leave the text that they are shown in.
func hostileTexts() map[string]string {
	return map[string]string{
		"script":    `<script>alert("pwned")</script>`,
		"attribute": `" onmouseover="alert('pwned')" x="`,
		"quote":     `' onfocus='alert(1)' autofocus='`,
		"end":       `</pre></td></textarea></title><img src=x onerror=alert(1)>`,
		"link":      `javascript:alert(document.cookie)`,
		"template":  `{{.Session}} {{template "layout" .}}`,
		"comment":   `<!-- --><![CDATA[ ]]>`,
		"entity":    `&lt;script&gt;&#x3c;script&#x3e;`,
		"bidi":      "abc\u202edcba\u2066x",
		"control":   "a\x00b\x07c\x1b[31md\x7fe\u0085f",
		"not UTF-8": "a\xff\xfe\xc3b",
		"long":      strings.Repeat("<b>x", 1500),
		"lines":     "a\r\n\r\nb\ndata: x\n\nevent: y",
	}
}

// The pages' own elements that load or do something.
var ownElements = regexp.MustCompile(`<script src="/static/app-[0-9a-f]{12}\.js" defer></script>`)

func TestHostileTextStaysText(t *testing.T) {
	t.Parallel()
	for name, text := range hostileTexts() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := signedIn(t, fullWorld(text), keyOne)
			for _, path := range pages() {
				w := b.get(path)
				if w.Code != http.StatusOK {
					t.Errorf("%s: status %d: %s", path, w.Code, w.Body)
				}
				checkInert(t, path, w.Body.String())
			}
			for _, path := range []string{"/tasks?state=", "/deliveries?state=", "/tasks?id=", "/executions?state=", "/executions?workflow=", "/deliveries?task=", "/deliveries?class=", "/deliveries?type=", "/deliveries?from=", "/deliveries?to=", "/signin?next=", "/nothing?"} {
				checkInert(t, path, b.get(path+url.QueryEscape(text)).Body.String())
			}
			w := b.post("/endpoints/new", "url", text, "description", text, "events", text, "own_schedule", "1", "schedule", text)
			b.sees(w, http.StatusUnprocessableEntity, "The delays can&#39;t be used")
			checkInert(t, "the form", w.Body.String())
		})
	}
}

// checkInert fails if anything in a page is not the dashboard's own.
func checkInert(t *testing.T, path, page string) {
	t.Helper()
	rest := ownElements.ReplaceAllString(page, "")
	for _, bad := range []string{"<script", "onmouseover=\"", "onfocus='", "<img src=x", "<b>", "href=\"javascript:", "src=\"javascript:", "<!--", "<![CDATA",
		" style=", "whsec_hidden"} {
		if strings.Contains(rest, bad) {
			t.Errorf("%s holds %q:\n%.2000s", path, bad, rest[strings.Index(rest, bad):])
		}
	}
	for _, r := range page {
		if hidden(r) && r != '\ufffd' {
			t.Errorf("%s holds the hidden character %U", path, r)
			break
		}
	}
}

func TestEmptyPages(t *testing.T) {
	t.Parallel()
	b := signedIn(t, &world{}, keyOne)
	for path, want := range map[string]string{"/": "Begin here", "/tasks": "curl -X POST http://taskhook.example/api/v1/vidu",
		"/deliveries": "/api/v1/events", "/endpoints": "/api/v1/webhooks", "/workflows": "{{ inputs.prompt }}", "/executions": "No workflow was run yet", "/executions?state=failed": "No execution fits", "/tasks?state=failed": "No task fits",
		"/deliveries?event=x": "No delivery fits"} {
		b.sees(b.get(path), http.StatusOK, want)
	}
}

func TestFullPages(t *testing.T) {
	t.Parallel()
	b := signedIn(t, fullWorld("https://receiver.example/hook"), keyOne)
	for path, want := range map[string][]string{
		"/":                 {"Deliveries that have not arrived", ":00 UTC</span>", "Endpoints that are not sent to", `href="/tasks?state=failed"`},
		"/tasks/task_d":     {"Attempt 2: answered 500", "Attempt 3: accepted with 200", "<video src=\"/results/", "poster=\"/results/", ">copied</span>", ">not copied</span>", ">to be copied</span>", "<audio src", "<img src", "no preview of model/gltf-binary", ">flagged</span>", ">checked</span>", "1.2 MB", "look into its log"},
		"/tasks/task_e":     {"https://receiver.example/hook"},
		"/tasks/task_g":     {"retention time is over"},
		"/deliveries/dlv_a": {"The next attempt is due", "X-Job-Id"},
		"/deliveries/dlv_c": {"Replay", "X-Webhook-Signature", "curl -i -X POST", "Look into its log", "no answer (timeout)", "Other deliveries of this event", "<dt>Retry-After</dt><dd>1 min"},
		"/endpoints/wh_a":   {"Send a test", "An older secret is valid too", "1 min, 5 min"},
		"/endpoints/wh_b":   {"Resume"},
	} {
		got := b.get(path)
		for _, text := range want {
			if !strings.Contains(strings.ToLower(got.Body.String()), strings.ToLower(text)) {
				t.Errorf("%s does not say %q:\n%s", path, text, got.Body)
			}
		}
	}
}
