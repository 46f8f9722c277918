package httpserver

import (
	"io"
	"net/http"
)

// Site is what is served besides the faces. Nil handlers are not served.
type Site struct {
	Ready     func() error // says in a sentence why the server can't work; nil: always ready
	JWKS      http.Handler // the public keys of per-job signatures
	Results   http.Handler // result files, at /results/{name}
	Files     http.Handler // uploaded files, at /files/{name}
	Forms     http.Handler // takes forms with files, at /files/
	Uploads   http.Handler // takes their bytes, at /uploads/{file_id}
	Callbacks http.Handler // takes what upstream APIs tell of work, at /callbacks/{run}/{token}
	Workers   http.Handler // the API of workers, below /worker/v1/
	Spec      http.Handler // the OpenAPI document, at /openapi.json
	Docs      http.Handler // the same for people, at /docs
	Home      http.Handler // what is left; nil: a pointer to the documents at / only
}

// Handler returns the site's handler.
func (s Site) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", healthy)
	mux.HandleFunc("GET /readyz", s.ready)
	if s.JWKS != nil {
		mux.Handle("GET /.well-known/jwks.json", s.JWKS)
	}
	if s.Results != nil {
		mux.Handle("/results/{name}", s.Results)
	}
	if s.Files != nil {
		mux.Handle("/files/{name}", s.Files)
	}
	if s.Forms != nil {
		mux.Handle("POST /files/{$}", s.Forms)
	}
	if s.Uploads != nil {
		mux.Handle("/uploads/{file_id}", s.Uploads)
	}
	if s.Callbacks != nil {
		mux.Handle("/callbacks/{run}/{token}", s.Callbacks)
	}
	if s.Workers != nil {
		mux.Handle("/worker/v1/", s.Workers)
	}
	if s.Spec != nil {
		mux.Handle("GET /openapi.json", s.Spec)
	}
	if s.Docs != nil {
		mux.Handle("GET /docs", s.Docs)
	}
	if s.Home != nil {
		mux.Handle("/", s.Home)
	} else {
		mux.HandleFunc("GET /{$}", pointer)
	}
	return mux
}

// healthy says that the process runs, whatever else does not: what asks is there
// to restart it, and a restart helps against nothing else.
func healthy(w http.ResponseWriter, _ *http.Request) { text(w, http.StatusOK, "ok") }

// ready says whether requests should be sent here.
func (s Site) ready(w http.ResponseWriter, _ *http.Request) {
	if s.Ready != nil {
		if err := s.Ready(); err != nil {
			text(w, http.StatusServiceUnavailable, err.Error())
			return
		}
	}
	text(w, http.StatusOK, "ready")
}

// pointer is the page at / of a server without pages.
func pointer(w http.ResponseWriter, _ *http.Request) {
	text(w, http.StatusOK, "This is a taskhook server. Its API is under /api/v1, for example GET /api/v1/models with a key.\n"+
		"It is described at /docs, and for programs at /openapi.json.")
}

func text(w http.ResponseWriter, status int, line string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	io.WriteString(w, line+"\n") // the client is gone if this fails
}
