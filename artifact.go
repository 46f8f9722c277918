package taskhook

import "time"

// Artifact is a stored result. Links to it are made when they are shown, never
// stored. Its bytes are a file, or if it is small stand in the database.
type Artifact struct {
	ID         string
	TaskID     string
	Index      int           // position among the task's results, from 0
	Name       string        // the file name in links: task_x.mp4, task_x-2.mp4
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
}
