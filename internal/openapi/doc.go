// Package openapi describes an HTTP API in the form of OpenAPI 3.1. It owns the
// document's types, the schemas made from Go types, and two ways to serve a
// document: as JSON, and as a page that people read without scripts.
//
// A face fills in a Document from its route table. The package must not know any
// face, nor what its operations mean.
package openapi
