package file

import (
	"fmt"
	"mime"
	"slices"
	"strings"
	"unicode"

	"github.com/taskhook/taskhook"
)

// What may be announced, by the documents of ModelHunter.AI.
const (
	MaxSize      = 100 << 20 // bytes, of any file
	maxImageSize = 50 << 20
	minSide      = 128 // pixels
	maxAspect    = 4
	maxFilename  = 255 // bytes
)

const (
	typePNG  = "image/png"
	typeJPEG = "image/jpeg"
	typeWebP = "image/webp"
	typeMP4  = "video/mp4"
)

// format is a type of file and the extension of links to it.
type format struct{ contentType, extension string }

// announceable are the types that may be announced.
func announceable() []format {
	return []format{{typePNG, "png"}, {typeJPEG, "jpg"}, {typeWebP, "webp"}, {typeMP4, "mp4"}}
}

// formats are all types that are kept: Put also takes what other APIs let their
// clients upload.
func formats() []format {
	return append(announceable(), format{"image/gif", "gif"}, format{"video/quicktime", "mov"}, format{"video/webm", "webm"},
		format{"audio/mpeg", "mp3"}, format{"audio/wav", "wav"}, format{"audio/mp4", "m4a"}, format{"audio/aac", "aac"},
		format{"audio/ogg", "ogg"}, format{"audio/flac", "flac"}, format{"model/gltf-binary", "glb"})
}

// extension returns the one of links, and "" for a type that is not kept.
func extension(contentType string) string {
	for _, f := range formats() {
		if f.contentType == contentType {
			return f.extension
		}
	}
	return ""
}

// typeOf returns the type that an extension such as ".png" stands for, and "" for
// one of a type that is not kept.
func typeOf(ext string) string {
	ext = strings.ToLower(strings.TrimPrefix(ext, "."))
	if ext == "jpeg" {
		return typeJPEG
	}
	for _, f := range formats() {
		if f.extension == ext {
			return f.contentType
		}
	}
	return ""
}

func isImage(contentType string) bool { return strings.HasPrefix(contentType, "image/") }

// check says what is wrong with an announcement, and returns its type without
// parameters.
func check(n taskhook.NewFile) (contentType string, err error) {
	contentType, _, err = mime.ParseMediaType(n.ContentType)
	if err != nil || !slices.ContainsFunc(announceable(), func(f format) bool { return f.contentType == contentType }) {
		return "", taskhook.FieldErrorf(taskhook.CodeMalformed, "contentType",
			"contentType must be one of %s, %s, %s and %s.", typePNG, typeJPEG, typeWebP, typeMP4)
	}
	if err := checkFilename(n.Filename); err != nil {
		return contentType, err
	}
	switch {
	case n.Size <= 0:
		err = taskhook.FieldErrorf(taskhook.CodeInvalid, "sizeBytes", "sizeBytes must be the size of the file, at least 1.")
	case n.Size > MaxSize:
		err = taskhook.FieldErrorf(taskhook.CodeFileTooLarge, "sizeBytes", "A file must have at most 100 MB (%d bytes).", MaxSize)
	case n.Size > maxImageSize && isImage(contentType):
		err = taskhook.FieldErrorf(taskhook.CodeFileTooLarge, "sizeBytes", "An image must have at most 50 MB (%d bytes).", maxImageSize)
	}
	return contentType, err
}

func checkFilename(name string) error {
	if len(name) > maxFilename || strings.ContainsFunc(name, unicode.IsControl) {
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "filename", "filename must have at most %d bytes and no control characters.", maxFilename)
	}
	return nil
}

// checkSides says what is wrong with the sides of an image.
func checkSides(width, height int) error {
	if width < minSide || height < minSide {
		return refusal(fmt.Sprintf("The image has %d x %d pixels; it must have at least %d x %d.", width, height, minSide, minSide))
	}
	if width > maxAspect*height || height > maxAspect*width {
		return refusal(fmt.Sprintf("The image has %d x %d pixels; one side must be at most %d times the other.", width, height, maxAspect))
	}
	return nil
}

// refusal is the error of bytes that can't be taken.
func refusal(message string) error {
	return &taskhook.Error{Code: taskhook.CodeMalformed, Message: message}
}
