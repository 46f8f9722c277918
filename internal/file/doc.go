// Package file owns the inputs that clients upload: which files are taken, the
// way from the announcement over the bytes to the complete file, the links to
// them, and the references that stand for them inside the house.
//
// It must not know HTTP or what a task does with its input.
package file
