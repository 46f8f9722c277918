// Package apitest is one list of scenarios that every face passes: what a client and
// a receiver of any of the APIs may rely on, from submission to webhook, over real
// HTTP. It runs against any address with some keys.
//
// It knows the APIs as their documents have them, each by a Face that says how the
// API words a request and reads an answer. It must not know how the server is made.
package apitest
