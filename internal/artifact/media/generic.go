package media

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path"
	"strings"
	"unicode/utf8"
)

// detectGeneric names what has no signature: kinds of text, archives, and bytes
// that only their name explains.
func detectGeneric(head []byte, name string) Type {
	extension := strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	media := http.DetectContentType(head)
	switch {
	case media == "text/plain; charset=utf-8" && isUTF8(head):
		if isSVG(head) {
			return Type{"svg", "image/svg+xml"}
		}
		if isJSON(head) {
			if extension == "gltf" {
				return Type{"gltf", "model/gltf+json"}
			}
			return Type{"json", "application/json"}
		}
		return named(textFormats(), extension, Type{"txt", "text/plain; charset=utf-8"})
	case strings.HasPrefix(media, "text/plain; charset=utf-16"):
		return Type{"txt", media}
	case strings.HasPrefix(media, "text/xml"):
		if isSVG(head) {
			return Type{"svg", "image/svg+xml"}
		}
		return Type{"xml", "text/xml; charset=utf-8"}
	case strings.HasPrefix(media, "text/html"):
		return Type{"html", "text/html; charset=utf-8"}
	case media == "application/zip":
		return named(zipFormats(), extension, Type{"zip", media})
	case media == "application/x-gzip":
		return Type{"gz", "application/gzip"}
	case media == "image/bmp":
		return Type{"bmp", media}
	}
	return named(binaryFormats(), extension, Type{"bin", "application/octet-stream"})
}

func named(known map[string]string, extension string, otherwise Type) Type {
	if media, ok := known[extension]; ok {
		return Type{extension, media}
	}
	return otherwise
}

func textFormats() map[string]string {
	return map[string]string{
		"txt": "text/plain; charset=utf-8", "md": "text/markdown; charset=utf-8", "csv": "text/csv; charset=utf-8",
		"srt": "application/x-subrip", "vtt": "text/vtt; charset=utf-8", "jsonl": "application/jsonl",
		"obj": "model/obj", "mtl": "model/mtl", "stl": "model/stl", "ply": "application/octet-stream",
	}
}

func zipFormats() map[string]string {
	return map[string]string{"usdz": "model/vnd.usdz+zip", "3mf": "model/3mf", "npz": "application/zip"}
}

func binaryFormats() map[string]string {
	return map[string]string{
		"safetensors": "application/octet-stream", "onnx": "application/octet-stream", "gguf": "application/octet-stream",
		"pt": "application/octet-stream", "stl": "model/stl", "ply": "application/octet-stream", "tar": "application/x-tar",
	}
}

// isUTF8 allows for a character that the end of head cuts in two.
func isUTF8(head []byte) bool {
	for range utf8.UTFMax - 1 {
		if r, size := utf8.DecodeLastRune(head); r != utf8.RuneError || size != 1 {
			break
		}
		head = head[:len(head)-1]
	}
	return utf8.Valid(head)
}

func isSVG(head []byte) bool {
	text := bytes.TrimSpace(head)
	if bytes.HasPrefix(text, []byte("<svg")) {
		return true
	}
	return bytes.HasPrefix(text, []byte("<?xml")) && bytes.Contains(text, []byte("<svg"))
}

// isJSON reports whether head is the beginning of a JSON object or array.
func isJSON(head []byte) bool {
	text := bytes.TrimSpace(head)
	if len(text) == 0 || text[0] != '{' && text[0] != '[' {
		return false
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	for depth := 0; ; {
		token, err := decoder.Token()
		if err != nil { // a cut-off beginning is still one
			return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		}
		if token == json.Delim('{') || token == json.Delim('[') {
			depth++
		} else if token == json.Delim('}') || token == json.Delim(']') {
			depth--
		}
		if depth == 0 {
			return !decoder.More() // more values: lines of JSON, not JSON
		}
	}
}
