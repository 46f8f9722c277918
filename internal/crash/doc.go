// Package crash proves what the product promises when its process is killed.
// Clients and a receiver keep ledgers of their own while a server, a child
// process, is killed again and again, at random times and at every named point
// between two steps; then a judge holds the ledgers against what the server says.
//
// It knows the server by its primary API alone. `make crash` runs it at length,
// and the tests a short form.
package crash
