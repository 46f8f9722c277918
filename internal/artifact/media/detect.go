package media

import "bytes"

// HeadSize is how many of a file's first bytes Detect can use.
const HeadSize = 4096

// Detect recognises a file by its first bytes. What the bytes leave open, such
// as which kind of text or archive it is, the extension of name decides; name
// may be empty. The name never makes a file into something that its bytes deny.
func Detect(head []byte, name string) Type {
	for _, s := range signatures() {
		if hasAt(head, s.offset, s.magic) {
			return s.typ
		}
	}
	if t, ok := detectContainer(head); ok {
		return t
	}
	if isMP3(head) {
		return Type{"mp3", "audio/mpeg"}
	}
	if isADTS(head) {
		return Type{"aac", "audio/aac"}
	}
	return detectGeneric(head, name)
}

type signature struct {
	offset int
	magic  string
	typ    Type
}

// signatures are the formats that fixed bytes tell, those that
// http.DetectContentType misses or names otherwise.
func signatures() []signature {
	return []signature{
		{0, "\x89PNG\r\n\x1a\n", Type{"png", "image/png"}},
		{0, "\xff\xd8\xff", Type{"jpg", "image/jpeg"}},
		{0, "GIF87a", Type{"gif", "image/gif"}},
		{0, "GIF89a", Type{"gif", "image/gif"}},
		{0, "II*\x00", Type{"tiff", "image/tiff"}},
		{0, "MM\x00*", Type{"tiff", "image/tiff"}},
		{0, "ID3", Type{"mp3", "audio/mpeg"}},
		{0, "fLaC", Type{"flac", "audio/flac"}},
		{0, "glTF", Type{"glb", "model/gltf-binary"}},
		{0, "Kaydara FBX Binary", Type{"fbx", "application/octet-stream"}},
		{0, "%PDF-", Type{"pdf", "application/pdf"}},
	}
}

func hasAt(b []byte, offset int, magic string) bool {
	return len(b) >= offset+len(magic) && string(b[offset:offset+len(magic)]) == magic
}

// detectContainer recognises the containers in which a second look tells what
// is inside.
func detectContainer(head []byte) (Type, bool) {
	switch {
	case hasAt(head, 0, "RIFF"), hasAt(head, 0, "RF64"):
		return detectRIFF(head)
	case hasAt(head, 4, "ftyp"):
		return detectBrand(head), true
	case hasAt(head, 0, "OggS"):
		if bytes.Contains(head, []byte("\x80theora")) {
			return Type{"ogv", "video/ogg"}, true
		}
		return Type{"ogg", "audio/ogg"}, true
	case hasAt(head, 0, "\x1a\x45\xdf\xa3"):
		if bytes.Contains(head[:min(len(head), 64)], []byte("webm")) {
			return Type{"webm", "video/webm"}, true
		}
		return Type{"mkv", "video/x-matroska"}, true
	case hasAt(head, 0, "FORM") && (hasAt(head, 8, "AIFF") || hasAt(head, 8, "AIFC")):
		return Type{"aiff", "audio/aiff"}, true
	}
	return Type{}, false
}

func detectRIFF(head []byte) (Type, bool) {
	switch {
	case hasAt(head, 8, "WAVE"):
		return Type{"wav", "audio/wav"}, true
	case hasAt(head, 8, "WEBP"):
		return Type{"webp", "image/webp"}, true
	case hasAt(head, 8, "AVI "):
		return Type{"avi", "video/x-msvideo"}, true
	}
	return Type{}, false
}

// detectBrand tells the formats built on ISO 14496-12 apart by their major brand.
func detectBrand(head []byte) Type {
	if len(head) < 12 {
		return Type{"mp4", "video/mp4"}
	}
	switch string(head[8:12]) {
	case "avif", "avis":
		return Type{"avif", "image/avif"}
	case "heic", "heix", "hevc", "mif1", "msf1":
		return Type{"heic", "image/heic"}
	case "M4A ", "M4B ":
		return Type{"m4a", "audio/mp4"}
	case "qt  ":
		return Type{"mov", "video/quicktime"}
	}
	return Type{"mp4", "video/mp4"}
}
