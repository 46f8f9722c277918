// Package muapi is the face of the API of muapi.ai: predictions, asked for at a
// path that names the model and told of by one unsigned webhook. It owns how that
// API reads and writes HTTP, and the form of its webhook bodies.
//
// It decodes, asks a service, and renders. It must not decide anything that holds
// in the other faces too, and knows neither the database nor the sending of
// webhooks.
package muapi
