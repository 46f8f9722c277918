// Package taskhook holds the words of the product: the nouns, their states and
// legal moves, the retry arithmetic, and the filters and pages in which the
// services speak. It is pure and imports the standard library only; it must
// not know databases, HTTP, or any of the APIs spoken on the wire.
//
// A client submits a [Task]; a [Run] is one try of it at a provider; its
// outcome becomes an immutable [Event]; each receiver that is owed the event
// has a [Delivery]; each HTTP try of a delivery is an [Attempt]; the deliveries
// of one receiver queue in a [Lane].
package taskhook
