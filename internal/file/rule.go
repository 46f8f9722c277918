package file

import (
	"fmt"
	"mime"
	"strings"
	"unicode"

	"github.com/taskhook/taskhook"
)

// What is taken, by the documents of ModelHunter.AI.
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

// extension returns the one of links, and "" for a type that is never taken.
func extension(contentType string) string {
	switch contentType {
	case typePNG:
		return "png"
	case typeJPEG:
		return "jpg"
	case typeWebP:
		return "webp"
	case typeMP4:
		return "mp4"
	case "image/gif":
		return "gif"
	case "video/webm":
		return "webm"
	case "audio/mpeg":
		return "mp3"
	case "audio/wav":
		return "wav"
	case "audio/ogg":
		return "ogg"
	case "audio/flac":
		return "flac"
	case "audio/mp4":
		return "m4a"
	case "model/gltf-binary":
		return "glb"
	}
	return ""
}

// announced reports whether a type may be announced; of what is kept at once there
// are more.
func announced(contentType string) bool {
	switch contentType {
	case typePNG, typeJPEG, typeWebP, typeMP4:
		return true
	}
	return false
}

func isImage(contentType string) bool { return strings.HasPrefix(contentType, "image/") }

// check says what is wrong with an announcement, and returns its type without
// parameters.
func check(n taskhook.NewFile) (contentType string, err error) {
	contentType, _, err = mime.ParseMediaType(n.ContentType)
	if err != nil || !announced(contentType) {
		return "", taskhook.FieldErrorf(taskhook.CodeMalformed, "contentType",
			"contentType must be one of %s, %s, %s and %s.", typePNG, typeJPEG, typeWebP, typeMP4)
	}
	switch {
	case len(n.Filename) > maxFilename || strings.ContainsFunc(n.Filename, unicode.IsControl):
		err = taskhook.FieldErrorf(taskhook.CodeInvalid, "filename", "filename must have at most %d bytes and no control characters.", maxFilename)
	case n.Size <= 0:
		err = taskhook.FieldErrorf(taskhook.CodeInvalid, "sizeBytes", "sizeBytes must be the size of the file, at least 1.")
	case n.Size > MaxSize:
		err = taskhook.FieldErrorf(taskhook.CodeFileTooLarge, "sizeBytes", "A file must have at most 100 MB (%d bytes).", MaxSize)
	case n.Size > maxImageSize && isImage(contentType):
		err = taskhook.FieldErrorf(taskhook.CodeFileTooLarge, "sizeBytes", "An image must have at most 50 MB (%d bytes).", maxImageSize)
	}
	return contentType, err
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
