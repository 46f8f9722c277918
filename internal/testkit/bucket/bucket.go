// Package bucket runs a storage that speaks S3 for tests: versitygw, a program of
// others that knows nothing of taskhook, checks every signature and keeps objects as
// files. tools/s3 says which version it is and builds it.
package bucket

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/taskhook/taskhook/internal/testkit"
)

// Bucket is an empty bucket on a server of its own.
type Bucket struct {
	Endpoint  *url.URL
	Name      string
	AccessKey string
	SecretKey string
	Dir       string // where its objects are files

	server *exec.Cmd
}

// Start runs a server with a bucket until the test ends. Where the program is not
// installed ok is false, and the test is to return.
func Start(t testing.TB) (b *Bucket, ok bool) {
	t.Helper()
	if !testkit.Need(t, "versitygw") {
		return nil, false
	}
	const name = "files"
	root := t.TempDir()
	for _, dir := range []string{"buckets/" + name, "about"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 { // the port may be taken between being found free and being used
		b = &Bucket{Endpoint: free(t), Name: name, AccessKey: "tester", SecretKey: "not a secret", Dir: filepath.Join(root, "buckets", name)}
		if b.run(t, root) {
			t.Cleanup(func() { b.Stop(t) })
			return b, true
		}
	}
	t.Fatal("versitygw does not start")
	return nil, false
}

// free returns the URL of a port that nobody listens at.
func free(t testing.TB) *url.URL {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return &url.URL{Scheme: "http", Host: l.Addr().String()}
}

// run starts the server and waits until it answers; false: it ended.
func (b *Bucket) run(t testing.TB, root string) bool {
	t.Helper()
	// Beside the files rather than in their attributes, which not all disks have.
	b.server = exec.Command("versitygw", "--quiet", "--port", b.Endpoint.Host, "posix",
		"--sidecar", filepath.Join(root, "about"), filepath.Join(root, "buckets"))
	b.server.Env = append(os.Environ(), "ROOT_ACCESS_KEY_ID="+b.AccessKey, "ROOT_SECRET_ACCESS_KEY="+b.SecretKey)
	b.server.Stderr = t.Output()
	if err := b.server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		b.server.Wait()
		close(ended)
	}()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		select {
		case <-ended:
			return false
		case <-t.Context().Done():
			return false
		case <-again.C:
			if answer, err := http.Get(b.Endpoint.String()); err == nil {
				io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
				return true
			}
		}
	}
}

// Stop ends the server, as an outage does; again, it does nothing.
func (b *Bucket) Stop(t testing.TB) {
	t.Helper()
	if err := b.server.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Error(err)
	}
}
