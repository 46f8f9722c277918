package modelslab

import (
	"bytes"
	"encoding/base64"
	"strings"

	"github.com/taskhook/taskhook"
)

type uploaded struct {
	Status string   `json:"status"`
	ID     string   `json:"id"`
	Output []string `json:"output"`
}

// upload answers POST /v6/base64_to_url and those of the families, whose names for
// the file differ (ML).
func (f *Face) upload(c call) (any, error) {
	name, text := "base64_string", ""
	for _, other := range []string{"base64_string", "init_image", "init_video", "init_audio", "init_obj"} {
		if value := c.members.raw(other); value != nil && string(value) != "null" {
			name, text = other, c.text(other)
			break
		}
	}
	if text == "" {
		return nil, taskhook.FieldErrorf(taskhook.CodeMissing, name, "%s is required", name)
	}
	if strings.HasPrefix(text, "data:") {
		_, text, _ = strings.Cut(text, ",")
	}
	content, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, taskhook.FieldErrorf(taskhook.CodeInvalid, name, "%s must be base64, or a data URI with it", name)
	}
	if len(content) > maxUpload {
		return nil, taskhook.FieldErrorf(taskhook.CodeFileTooLarge, name, "%s must be at most 5 MB", name)
	}
	file, err := f.Files.Put(c.Context(), c.who.AccountID, taskhook.NewFile{}, bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	return uploaded{statusSuccess, file.ID, []string{f.Files.PermanentLink(file)}}, nil
}
