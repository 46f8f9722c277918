package dashboard

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed static
var staticFiles embed.FS

// assets are the files that pages load. Each is served under a name with the hash
// of its content, so that browsers may keep it for good.
type assets struct {
	urls  map[string]string // by the file's name
	files map[string][]byte // by the name with the hash
}

func loadAssets(prefix string) assets {
	a := assets{map[string]string{}, map[string][]byte{}}
	entries, err := staticFiles.ReadDir("static")
	if err != nil {
		panic(err) // it is embedded
	}
	for _, e := range entries {
		content, err := staticFiles.ReadFile("static/" + e.Name())
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(content)
		ext := path.Ext(e.Name())
		hashed := strings.TrimSuffix(e.Name(), ext) + "-" + hex.EncodeToString(sum[:6]) + ext
		a.urls[e.Name()], a.files[hashed] = prefix+"/static/"+hashed, content
	}
	return a
}

// asset serves a file; nobody need be signed in.
func (d *Dashboard) asset(w http.ResponseWriter, r *http.Request) {
	content, ok := d.assets.files[r.PathValue("name")]
	if !ok {
		d.nothingHere(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, r.PathValue("name"), time.Time{}, bytes.NewReader(content))
}
