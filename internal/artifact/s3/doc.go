// Package s3 is the artifact.Backend in a bucket of any storage that speaks S3. It
// owns the keys of the objects, the checks of the bucket at the start, and what of
// the wire is a missing object and what a failure. It must not know what the files
// are, nor make connections: a transport is handed in.
package s3
