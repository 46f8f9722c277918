package dashboard

import (
	"net/url"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
)

// preview is a result as a page shows it.
type preview struct {
	taskhook.Artifact
	Of   string // the step that made it; empty on the page of its task
	Kind string // the element that shows it: "image", "video", "audio"; empty: none
	URL  string // on this site; empty once the file is removed
	// Still is the URL of a video's poster; empty: it has none.
	Still string
}

// linkStep is how long the links of a page stay the same, so that a page that is
// followed live does not change, nor load its pictures again, with every look.
const linkStep = 5 * time.Minute

// previews returns results of a task.
func (d *Dashboard) previews(results []taskhook.Artifact) []preview {
	now := time.Now().Truncate(linkStep)
	list := make([]preview, len(results))
	for i, a := range results {
		list[i] = preview{Artifact: a}
		if !a.Removed {
			list[i].Kind, list[i].URL = element(a.MediaType), d.onSite(d.Links.Expiring(a, now))
			if a.Poster != nil {
				list[i].Still = d.onSite(d.Links.Expiring(*a.Poster, now))
			}
		}
	}
	return list
}

// element names what shows a media type. SVG is shown as an image, where browsers
// run nothing that is in it.
func element(mediaType string) string {
	switch family, _, _ := strings.Cut(mediaType, "/"); family {
	case "image", "video", "audio":
		return family
	}
	return ""
}

// onSite makes a link relative to the site, whatever address that was reached
// under: the policy of the pages loads nothing from elsewhere.
func (d *Dashboard) onSite(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	u.Scheme, u.Host, u.User = "", "", nil
	return u.String()
}
