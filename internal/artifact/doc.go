// Package artifact keeps files, on disk or wherever a Backend puts them, makes and
// checks the links to them, and serves them over HTTP. It owns the bytes and
// nothing else: which artifacts exist, whose they are and when they are removed is
// for its callers to know. It must not know databases, providers or the APIs spoken
// on the wire.
package artifact
