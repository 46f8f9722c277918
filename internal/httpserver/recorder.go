package httpserver

import (
	"io"
	"net/http"
)

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int // 0 until the answer has begun
	bytes  int64
}

// WriteHeader begins the answer; those of 1xx only announce one.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) begin() {
	if r.status == 0 {
		r.status = http.StatusOK
	}
}

// Write writes a part of the body.
func (r *recorder) Write(p []byte) (int, error) {
	r.begin()
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

// ReadFrom lets the kernel copy files to the connection.
func (r *recorder) ReadFrom(src io.Reader) (int64, error) {
	r.begin()
	n, err := io.Copy(r.ResponseWriter, src)
	r.bytes += n
	return n, err
}

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
