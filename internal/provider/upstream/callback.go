package upstream

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
)

// Callbacks makes the addresses at which APIs may tell that work has changed, one
// for each run, which nobody can guess. What is told there is believed in nothing:
// it only has the work looked at now, so that it needs no signature, and one that
// is early, doubled, forged or lost does no harm.
type Callbacks struct {
	base string
	key  []byte
}

// NewCallbacks returns Callbacks below the address of this server.
func NewCallbacks(base string, key []byte) *Callbacks {
	return &Callbacks{strings.TrimRight(base, "/"), key}
}

// URL returns the address of a run.
func (c *Callbacks) URL(run string) string { return c.base + "/callbacks/" + run + "/" + c.token(run) }

func (c *Callbacks) token(run string) string {
	mac := hmac.New(sha256.New, c.key)
	io.WriteString(mac, "callback\n"+run)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// maxCallback bounds what of a callback's body is read, for the connection to be
// used again.
const maxCallback = 64 << 10

// Handler answers at /callbacks/{run}/{token} and wakes those who wait for the run.
func (c *Callbacks) Handler(wake func(run string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		run := r.PathValue("run")
		if !hmac.Equal([]byte(r.PathValue("token")), []byte(c.token(run))) {
			http.NotFound(w, r)
			return
		}
		io.Copy(io.Discard, io.LimitReader(r.Body, maxCallback)) // what breaks off has been heard as well
		wake(run)
		w.WriteHeader(http.StatusNoContent)
	})
}
