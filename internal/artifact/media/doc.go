// Package media recognises the format of a result file by its first bytes and
// measures how long audio and video play. It reads headers and indexes only,
// never a whole file into memory, and takes every byte for hostile. It must not
// know where files are stored, nor what made them.
package media

// Type is a file format.
type Type struct {
	Format string // the usual file name extension, without the dot: "mp4"
	Media  string // the media type: "video/mp4"
}
