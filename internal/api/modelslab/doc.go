// Package modelslab is the face that speaks the API of ModelsLab, so that its
// clients and the receivers of its webhooks work here by changing the base URL. It
// owns how that API reads and writes HTTP, and the form of its webhook bodies.
//
// It decodes, asks a service, and renders. It must not decide anything that holds
// in the other faces too, and knows neither the database nor the sending of
// webhooks. What it takes and where it differs stands in docs/modelslab.md; the
// sources that comments name are (seed), ModelsLab's page on webhooks, and (ML),
// its other public documentation and clients.
package modelslab
