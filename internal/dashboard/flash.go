package dashboard

import (
	"net/http"
	"time"
)

// flash is what is said once, on the page after an action.
type flash struct {
	Text   string `json:"t"`
	Bad    bool   `json:"b,omitempty"`
	Secret string `json:"s,omitempty"` // of an endpoint, shown this once
}

const (
	flashCookie = "taskhook_flash"
	flashLife   = time.Minute
)

func (d *Dashboard) setFlash(w http.ResponseWriter, f flash) {
	if f != (flash{}) {
		d.setCookie(w, flashCookie, f, flashLife)
	}
}

// takeFlash returns what the last action left to say, and forgets it.
func (d *Dashboard) takeFlash(w http.ResponseWriter, r *http.Request) (f flash) {
	if d.cookie(r, flashCookie, &f) {
		d.setCookie(w, flashCookie, nil, 0)
	}
	return f
}
