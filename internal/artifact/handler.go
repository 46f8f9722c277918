package artifact

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
)

// Pattern is where a Handler is to be mounted. It has no method, for the handler
// answers wrong ones itself.
const Pattern = "/results/{name}"

// Finder finds artifacts by the name in their links, removed ones too; of results it
// also finds the one whose name only differs in its extension, which is a guess in
// links that were made before. An unknown name is a taskhook.Error with
// CodeNotFound. It is called concurrently.
type Finder interface {
	ArtifactByName(ctx context.Context, name string) (taskhook.Artifact, error)
}

// Signer makes links by which a file is read from its backend, past this server:
// good for LinkLifetime, and answered with the media type and the disposition.
type Signer interface {
	Sign(ctx context.Context, id, mediaType, disposition string) (link string, err error)
}

// Contents has the bytes of what is too small to be a file. The error is
// fs.ErrNotExist when they are not there.
type Contents interface {
	Content(ctx context.Context, id string) ([]byte, error)
}

// Handler serves files to whoever holds a link. No key is asked for: the
// link is the permission. All fields must be set but Contents and Signer.
type Handler struct {
	Store *Store
	// Contents has the bytes of what is inline; nil: nothing is.
	Contents Contents
	Links    *Linker
	Finder   Finder
	// Signer makes what readers are sent on to; nil: the bytes go through here.
	Signer Signer
	Now    func() time.Time
	Log    *slog.Logger
}

// ServeHTTP answers GET and HEAD, ranges and conditions included.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer") // the address is a secret
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "Files can only be read here, with GET or HEAD.")
		return
	}
	a, err := h.Finder.ArtifactByName(r.Context(), r.PathValue("name"))
	if err != nil {
		if taskhook.ErrorCode(err) == taskhook.CodeNotFound {
			refuse(w, http.StatusNotFound, "NOT_FOUND", "There is no file of this name.")
			return
		}
		h.fault(w, r, "find artifact", err)
		return
	}
	if !h.admit(w, r, a) {
		return
	}
	f, err := h.open(r.Context(), a)
	if errors.Is(err, fs.ErrNotExist) {
		h.Log.WarnContext(r.Context(), "result file is missing", "artifact", a.ID)
		gone(w)
		return
	}
	if err != nil {
		h.fault(w, r, "open result file", err)
		return
	}
	defer f.Close()
	if h.redirects(r, a) {
		h.redirect(w, r, a)
		return
	}
	from := &source{ReadSeeker: f}
	serve(w, r, a, from)
	if from.err != nil && r.Context().Err() == nil { // the reader sees that the answer is cut short
		h.Log.ErrorContext(r.Context(), "read file", "artifact", a.ID, "error", from.err)
	}
}

// source remembers that reading failed, which http.ServeContent keeps to itself.
type source struct {
	io.ReadSeeker
	err error
}

// Read reads on.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.ReadSeeker.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// open opens the bytes of an artifact, wherever they are.
func (h *Handler) open(ctx context.Context, a taskhook.Artifact) (io.ReadSeekCloser, error) {
	if !a.Inline {
		return h.Store.Get(ctx, a.ID)
	}
	content, err := h.Contents.Content(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	return inMemory{bytes.NewReader(content)}, nil
}

// inMemory is a file that need not be closed.
type inMemory struct{ *bytes.Reader }

// Close is of io.Closer.
func (inMemory) Close() error { return nil }

// redirects reports whether the reader is sent on. Not to what is inline, which is
// nowhere else; not those who only ask for the headers, for a signed link is good for
// one method; nor pages of this server, which by their policy show nothing from elsewhere.
func (h *Handler) redirects(r *http.Request, a taskhook.Artifact) bool {
	return h.Signer != nil && !a.Inline && r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Site") != "same-origin"
}

// redirect sends the reader on to a link that is made for them alone.
func (h *Handler) redirect(w http.ResponseWriter, r *http.Request, a taskhook.Artifact) {
	link, err := h.Signer.Sign(r.Context(), a.ID, a.MediaType, disposition(a))
	if err != nil {
		h.fault(w, r, "sign link", err)
		return
	}
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Location", link)
	w.WriteHeader(http.StatusFound)
}

// admit checks the link, and answers when it does not open the artifact.
func (h *Handler) admit(w http.ResponseWriter, r *http.Request, a taskhook.Artifact) bool {
	err := h.Links.Check(r.PathValue("name"), a.Generation, r.URL.Query(), h.Now())
	switch {
	case errors.Is(err, ErrBadSignature):
		refuse(w, http.StatusForbidden, "FORBIDDEN", "The link is not valid: it was changed, cut short or revoked. Ask again for what holds it to get a new one.")
	case a.Removed:
		gone(w)
	case errors.Is(err, ErrLinkExpired):
		refuse(w, http.StatusForbidden, "LINK_EXPIRED", "The link has expired. Ask again for what holds it to get a new one.")
	default:
		return true
	}
	return false
}

func gone(w http.ResponseWriter) {
	refuse(w, http.StatusGone, "GONE", "The file is no longer kept here: its retention time is over.")
}

// maxRanges is how many parts of a file are sent at once: each may be a request to
// the backend.
const maxRanges = 16

// serve sends the file. Whoever made it decided its bytes, so a browser must
// neither guess its type nor run anything in it.
func serve(w http.ResponseWriter, r *http.Request, a taskhook.Artifact, f io.ReadSeeker) {
	header := w.Header()
	header.Set("Content-Type", a.MediaType)
	header.Set("Content-Disposition", disposition(a))
	header.Set("Content-Security-Policy",
		"default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox")
	header.Set("ETag", `"`+a.SHA256+`"`)
	// Asking again is cheap with the ETag, and lets a revoked link die at once.
	header.Set("Cache-Control", "private, no-cache")
	if strings.Count(r.Header.Get("Range"), ",") >= maxRanges {
		r = r.Clone(r.Context())
		r.Header.Del("Range") // RFC 9110, section 14.2: it may be ignored
	}
	http.ServeContent(w, r, "", a.CreatedAt, f)
}

// disposition shows images, sound and video in the browser and saves all else.
// SVG is an image that can hold programs, so it is saved.
func disposition(a taskhook.Artifact) string {
	kind := "attachment"
	switch family, _, _ := strings.Cut(a.MediaType, "/"); family {
	case "image", "audio", "video":
		if a.MediaType != "image/svg+xml" {
			kind = "inline"
		}
	}
	return mime.FormatMediaType(kind, map[string]string{"filename": safeName(a.Name)})
}

// safeName keeps what every file system takes for a plain name.
func safeName(name string) string {
	return strings.TrimLeft(strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '_'
	}, name), ".")
}

// fault answers for an error of ours, whose cause only the log tells.
func (h *Handler) fault(w http.ResponseWriter, r *http.Request, doing string, err error) {
	if r.Context().Err() != nil {
		return // nobody is there to answer
	}
	h.Log.ErrorContext(r.Context(), doing, "error", err)
	if taskhook.ErrorCode(err) == taskhook.CodeUnavailable {
		w.Header().Set("Retry-After", "5")
		refuse(w, http.StatusServiceUnavailable, "SERVICE_UNAVAILABLE", "The storage of the file does not answer just now. Try again in a moment.")
		return
	}
	refuse(w, http.StatusInternalServerError, "INTERNAL_ERROR", "The file can't be read just now. Try again later.")
}

// refuse answers in the envelope of the primary API.
func refuse(w http.ResponseWriter, status int, code, message string) {
	type problem struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	body, err := json.Marshal(struct {
		Success bool    `json:"success"`
		Error   problem `json:"error"`
	}{Error: problem{code, message}})
	if err != nil {
		panic(err) // strings always marshal
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(body)
}
