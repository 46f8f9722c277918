package file

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/taskhook/taskhook"
)

// scheme begins a reference: "file:file_x".
const scheme = "file:"

// Reference puts references in place of the links to uploaded files that are
// anywhere in an input, expired ones too, so that it can wait for however long.
// A link or a reference to what is no complete file of the account is
// CodeInvalid: that the account has it is the permission, not the signature.
func (s *Service) Reference(ctx context.Context, account string, input json.RawMessage) (json.RawMessage, error) {
	input, err := s.replace(ctx, account, input, s.named, func(f taskhook.File) string { return scheme + f.ID })
	if err != nil {
		return nil, err
	}
	return s.replaceResults(ctx, account, input, func(a taskhook.Artifact) string { return resultScheme + a.Name })
}

// Resolve puts links in place of the references in an input. They are good for as
// long as the file is kept. A file that is gone since is CodeInvalid.
func (s *Service) Resolve(ctx context.Context, account string, input json.RawMessage) (json.RawMessage, error) {
	input, err := s.replace(ctx, account, input, reference, func(f taskhook.File) string { return s.FileLinks.Permanent(shown(f)) })
	if err != nil {
		return nil, err
	}
	return s.replaceResults(ctx, account, input, s.ResultLinks.Permanent)
}

// replace puts other texts in place of those that name a file, each of which is
// looked up once.
func (s *Service) replace(ctx context.Context, account string, input []byte,
	named func(text string) (id string, ok bool), other func(taskhook.File) string) ([]byte, error) {
	known := map[string]string{}
	return rewrite(input, func(text string) (string, error) {
		id, ok := named(text)
		if !ok {
			return text, nil
		}
		if known[id] == "" {
			f, err := s.own(ctx, account, id)
			if err != nil {
				return "", err
			}
			known[id] = other(f)
		}
		return known[id], nil
	})
}

// own returns a complete file of the account that an input names.
func (s *Service) own(ctx context.Context, account, id string) (taskhook.File, error) {
	f, err := s.File(ctx, account, id)
	if taskhook.ErrorCode(err) == taskhook.CodeNotFound {
		err = taskhook.FieldErrorf(taskhook.CodeInvalid, "input", "input names the file %.80s, which is not a complete file of this account. "+
			"Upload it, complete it, and use the url of that answer.", id)
	}
	return f, err
}

// named returns the id of the file that a text in an input is a link or a
// reference to.
func (s *Service) named(text string) (id string, ok bool) {
	if id, ok := reference(text); ok {
		return id, true
	}
	rest, ok := strings.CutPrefix(text, s.FileLinks.Prefix())
	if !ok {
		return "", false
	}
	name, _, _ := strings.Cut(rest, "?")
	id, _, _ = strings.Cut(name, ".")
	return id, taskhook.HasIDForm(taskhook.PrefixFile, id)
}

func reference(text string) (id string, ok bool) {
	id, ok = strings.CutPrefix(text, scheme)
	return id, ok && taskhook.HasIDForm(taskhook.PrefixFile, id)
}
