// Package copier copies the results of accounts that have a bucket of their own into
// it. It owns when that is tried and given up. What it copies is stored and told of
// already, so nothing is lost by whatever it meets. It must not know SQL, S3, or how
// anything is shown.
package copier
