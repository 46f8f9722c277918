package dashboard

import (
	"net/http"
	"strings"
	"testing"
)

// TestTenantsAreApart asks for everything of one account with the key of another.
func TestTenantsAreApart(t *testing.T) {
	t.Parallel()
	w := fullWorld("secret-text")
	b := signedIn(t, w, keyTwo)
	for _, path := range pages() {
		answer := b.get(path)
		of, _, isOne := strings.Cut(strings.TrimPrefix(path, "/"), "/")
		isOne = isOne && path != "/endpoints/new" && !strings.HasPrefix(path, "/replays/new")
		if want := map[bool]int{true: http.StatusNotFound, false: http.StatusOK}[isOne]; answer.Code != want {
			t.Errorf("%s of %s: status %d, want %d", path, of, answer.Code, want)
		}
		if strings.Contains(answer.Body.String(), "secret-text") {
			t.Errorf("%s shows what is another account's", path)
		}
	}
	for _, r := range b.d.routes() {
		method, path, _ := strings.Cut(r.pattern, " ")
		if method != http.MethodPost || !strings.Contains(path, "{id}") {
			continue
		}
		id := "wh_a"
		switch {
		case strings.HasPrefix(path, "/deliveries"):
			id = "dlv_c"
		case strings.HasPrefix(path, "/executions"):
			id = "exec_b"
		case strings.HasPrefix(path, "/replays"):
			id = "rpl_a"
		}
		answer := b.post(strings.ReplaceAll(path, "{id}", id), "overlap_hours", "1", "url", "https://a.example", "events", "a.b")
		if answer.Code == http.StatusSeeOther {
			b.sees(b.get(answer.Header().Get("Location")), http.StatusNotFound, "no such thing")
		} else if answer.Code != http.StatusNotFound {
			t.Errorf("%s: status %d", path, answer.Code)
		}
	}
	for _, d := range w.deliveries {
		if strings.HasSuffix(d.ID, "2") {
			t.Error("it was replayed")
		}
	}
}

func TestOperatorSwitchesAccounts(t *testing.T) {
	t.Parallel()
	w := fullWorld("of-the-first")
	b := signedIn(t, w, operator)
	b.sees(b.get("/tasks"), http.StatusOK, "of-the-first", `<option value="acc_one" selected>first`)
	b.leadsTo(b.post("/account", "account", "acc_two"), "/")
	page := b.get("/tasks")
	b.sees(page, http.StatusOK, "No task yet", `<option value="acc_two" selected>second`)
	if strings.Contains(page.Body.String(), "of-the-first") {
		t.Error("it still shows the first account")
	}
	b.sees(b.post("/account", "account", "acc_three"), http.StatusNotFound)

	b = signedIn(t, w, keyTwo)
	b.sees(b.post("/account", "account", "acc_one"), http.StatusNotFound)
	b.sees(b.get("/tasks"), http.StatusOK, "No task yet")
}
