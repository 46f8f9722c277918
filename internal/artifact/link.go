package artifact

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
)

// LinkLifetime is how long an expiring link is good for.
const LinkLifetime = 15 * time.Minute

// What Check answers about a link that does not open its artifact.
var (
	ErrBadSignature = errors.New("the signature of the link does not fit")
	ErrLinkExpired  = errors.New("the link has expired")
)

// Linker makes and checks links to result files. Nothing about a link is stored:
// its signature covers the artifact's name, its generation and the expiry. It
// may be used concurrently.
type Linker struct {
	base   string
	folder string // "/results/"
	about  string // what the links are to, which the signature covers
	key    []byte
}

// NewLinker returns a Linker for links that begin with base, the public address
// of this server such as "https://taskhook.example.com". The key is a secret of
// at least 32 bytes; another key makes all links invalid.
func NewLinker(base string, key []byte) (*Linker, error) {
	if len(key) < sha256.Size {
		return nil, fmt.Errorf("make linker: a key of %d bytes is shorter than %d", len(key), sha256.Size)
	}
	return &Linker{base: strings.TrimRight(base, "/"), folder: "/results/", about: "result", key: key}, nil
}

// In returns a Linker for links into another folder of the server, such as
// "files". The links of neither open what those of the other do.
func (l *Linker) In(folder string) *Linker {
	return &Linker{base: l.base, folder: "/" + folder + "/", about: folder, key: l.key}
}

// Prefix is what all its links begin with.
func (l *Linker) Prefix() string { return l.base + l.folder }

// Permanent returns the link that is good for as long as the artifact is kept
// and its generation is not raised: for bodies, which are rendered once.
func (l *Linker) Permanent(a taskhook.Artifact) string {
	return l.path(a) + "?signature=" + l.sign(a.Name, a.Generation, "")
}

// Future returns the permanent link that opens the result with the index of a task
// once it is there. The format may turn out to be another.
func (l *Linker) Future(taskID string, index int, format string) string {
	return l.Permanent(taskhook.Artifact{Name: Name(taskID, index, format)})
}

// Expiring returns the link that is good until LinkLifetime after now: for
// answers, which are made again each time.
func (l *Linker) Expiring(a taskhook.Artifact, now time.Time) string {
	expires := strconv.FormatInt(now.Add(LinkLifetime).Unix(), 10)
	return l.path(a) + "?expires=" + expires + "&signature=" + l.sign(a.Name, a.Generation, expires)
}

// Check reports whether the query of a link opens the artifact with the name and
// the generation: ErrBadSignature when it was never made for it or is revoked,
// ErrLinkExpired when its time is over.
func (l *Linker) Check(name string, generation int, query url.Values, now time.Time) error {
	expires := query.Get("expires")
	want := l.sign(name, generation, expires)
	if !hmac.Equal([]byte(want), []byte(query.Get("signature"))) {
		return ErrBadSignature
	}
	if expires == "" {
		return nil
	}
	// The signature holds, so this is a number that we wrote.
	seconds, err := strconv.ParseInt(expires, 10, 64)
	if err != nil {
		return ErrBadSignature
	}
	if now.Unix() >= seconds {
		return ErrLinkExpired
	}
	return nil
}

func (l *Linker) path(a taskhook.Artifact) string {
	return l.Prefix() + url.PathEscape(a.Name)
}

// sign returns the signature in base64url. The lines can't run into each other:
// only the name could hold a line break, and it comes last.
func (l *Linker) sign(name string, generation int, expires string) string {
	mac := hmac.New(sha256.New, l.key)
	fmt.Fprintf(mac, "taskhook %s link v1\n%d\n%s\n%s", l.about, generation, expires, name)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
