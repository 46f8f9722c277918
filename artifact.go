package taskhook

import (
	"strings"
	"time"
)

// Artifact is a stored result, or the poster of one. Links to it are made when they are shown, never
// stored. Its bytes are a file, or if it is small stand in the database.
type Artifact struct {
	ID         string
	TaskID     string
	Index      int           // position among the task's results, from 0; of a poster that of its video
	Role       ArtifactRole  // what it is to the task
	Name       string        // the file name in links: task_x.mp4, task_x-2.mp4, task_x-poster.jpg
	Format     string        // "mp4", "png"
	MediaType  string        // "video/mp4"
	Size       int64         // bytes
	SHA256     string        // hex
	Duration   time.Duration // of audio and video; zero where there is none
	Safety     Safety        // as its provider said
	Generation int           // raised to revoke the links made before
	Removed    bool          // retention removed the file
	CreatedAt  time.Time
	Inline     bool   // its bytes stand in the database
	Content    []byte // they, until it is stored; one that was read has none
	Copied     CopyState
	CopyError  string // why it is not copied yet, or failed
	// Poster is the still picture of a video, for who shows it; nil while there is none.
	// It is no result: the APIs spoken know nothing of it.
	Poster *Artifact
}

// ArtifactRole says what an artifact is to its task.
type ArtifactRole string

// All roles.
const (
	RoleResult ArtifactRole = ""
	RolePoster ArtifactRole = "poster" // a still picture of the result with the same Index
)

// IsVideo reports whether it is a video by its media type.
func (a *Artifact) IsVideo() bool { return strings.HasPrefix(a.MediaType, "video/") }
