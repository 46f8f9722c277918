//go:build !race

package delivery

// How many deliveries the tests of volume make to one endpoint, and how many to
// each of a hundred.
const (
	volume = 5000
	rounds = 50
)
