//go:build race

package delivery

// How many deliveries the tests of volume make to one endpoint, and how many to
// each of a hundred: fewer under the race detector, which makes the database more
// than ten times slower.
const (
	volume = 1000
	rounds = 5
)
