// Package sandbox is the adapter that runs no model. It makes real, small files
// of the asked kind, size and length, the same for the same input, each stamped
// so that nobody takes it for a result: people and tests see the whole way of a
// task without a provider. An object "sandbox" in the input steers it. It must
// not know who may use it; that is decided where tasks are admitted.
package sandbox
