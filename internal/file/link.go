package file

import (
	"context"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
)

// Link returns a link to a complete file that is good for artifact.LinkLifetime.
func (s *Service) Link(f taskhook.File, now time.Time) string {
	return s.FileLinks.Expiring(shown(f), now)
}

// PermanentLink returns a link to a complete file that is good for as long as the
// file is kept.
func (s *Service) PermanentLink(f taskhook.File) string { return s.FileLinks.Permanent(shown(f)) }

// ArtifactByName finds a complete file by the name in its links, for the handler
// that serves it.
func (s *Service) ArtifactByName(ctx context.Context, name string) (taskhook.Artifact, error) {
	id, _, _ := strings.Cut(name, ".")
	if !taskhook.HasIDForm(taskhook.PrefixFile, id) {
		return taskhook.Artifact{}, taskhook.Errorf(taskhook.CodeNotFound, "There is no file %.80q.", name)
	}
	f, err := s.ByLink.FileByID(ctx, id)
	if err == nil && (!f.Complete() || shown(f).Name != name) {
		err = taskhook.Errorf(taskhook.CodeNotFound, "There is no file %.80q.", name)
	}
	return shown(f), err
}

// shown is a file in the form in which links are made to it and it is served.
func shown(f taskhook.File) taskhook.Artifact {
	return taskhook.Artifact{ID: f.Content, Name: f.ID + "." + extension(f.ContentType), MediaType: f.ContentType,
		Size: f.Size, SHA256: f.SHA256, CreatedAt: f.CreatedAt}
}
