// Package httpserver owns what is the same for all that is served over HTTP: the
// server with its timeouts, what is done to every request (an id, an access log,
// security headers, recovery from panics), the health pages, the front that picks
// the face that answers a request, and how faces read bodies, write answers and
// report faults.
//
// It must not know what the faces say: a face is a handler with a name here, and
// has its own form of answers, codes and sentences.
package httpserver
