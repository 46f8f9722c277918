// Package modelhunter is the face of the primary API: that of ModelHunter.AI,
// with extensions of our own in the same envelope. It owns how that API reads
// and writes HTTP, and the form of the primary webhook bodies.
//
// It decodes, asks a service, and renders. It must not decide anything that
// holds in the other faces too, and knows neither the database nor the sending
// of webhooks.
package modelhunter
