package httpserver

import (
	"net"
	"net/http"
	"slices"
	"strings"
)

// Face is one of the APIs as the front sees it.
type Face struct {
	Name     string
	BasePath string   // "/modelhunter": what is below it is the face's, without it
	Hosts    []string // host names under which only this face is reached
	AtHosts  []string // paths of the site that the face answers itself under its host names
	Owns     []string // paths that no other face has, with all below them
	// Credential reports whether a request carries a credential in the form that
	// only this face takes. It does not check it.
	Credential func(*http.Request) bool
	Handler    http.Handler
}

// isBelow reports whether a path is below the base path.
func (f *Face) isBelow(path string) bool {
	return f.BasePath != "" && strings.HasPrefix(path, f.BasePath+"/")
}

// below returns the handler of requests below the base path.
func (f *Face) below() http.Handler { return http.StripPrefix(f.BasePath, f.Handler) }

// Front picks one whole handler for each request that comes to where all faces are
// reached, by the first rule that fits (see Alone for the listener of one face):
//
//  1. The path is below a face's base path, or it is an API's path, or one that
//     the face answers itself, and the host name is a face's.
//  2. The path is one that only one face owns.
//  3. Elsewhere under /api/ and /v1/: the face whose form of credential the
//     request carries.
//  4. No credential: the first face, which asks for one.
//
// Every other path belongs to the site.
type Front struct {
	site  http.Handler
	faces []Face
	below []http.Handler // the faces' handlers for requests below their base paths
}

// NewFront returns a Front for a site and faces, of which there must be one; the
// first answers where no rule points to another.
func NewFront(site http.Handler, first Face, others ...Face) *Front {
	f := &Front{site: site, faces: append([]Face{first}, others...)}
	for _, face := range f.faces {
		f.below = append(f.below, face.below())
	}
	return f
}

// ServeHTTP lets the one handler answer that the rules name.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.pick(r).ServeHTTP(w, r) }

func (f *Front) pick(r *http.Request) http.Handler {
	for i := range f.faces {
		if f.faces[i].isBelow(r.URL.Path) {
			return f.below[i]
		}
	}
	owner, host := f.owner(r.URL.Path), f.byHost(r.Host)
	if owner == nil && !sharedPath(r.URL.Path) && (host == nil || !slices.Contains(host.AtHosts, r.URL.Path)) {
		return f.site
	}
	if host != nil {
		return host.Handler
	}
	if owner != nil {
		return owner.Handler
	}
	for _, face := range f.faces {
		if face.Credential != nil && face.Credential(r) {
			return face.Handler
		}
	}
	return f.faces[0].Handler
}

// sharedPath reports whether a path may be any face's.
func sharedPath(path string) bool {
	return strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/v1/")
}

func (f *Front) owner(path string) *Face {
	for i := range f.faces {
		for _, owned := range f.faces[i].Owns {
			if rest, ok := strings.CutPrefix(path, owned); ok && (rest == "" || rest[0] == '/') {
				return &f.faces[i]
			}
		}
	}
	return nil
}

func (f *Front) byHost(host string) *Face {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	for i := range f.faces {
		for _, name := range f.faces[i].Hosts {
			if strings.EqualFold(name, host) {
				return &f.faces[i]
			}
		}
	}
	return nil
}
