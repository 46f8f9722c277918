// Package envelope owns the frame of the answers that the primary API and that of
// workers share: success, data and error, how they say each code, and how that is
// described.
//
// It must not know the operations of either.
package envelope
