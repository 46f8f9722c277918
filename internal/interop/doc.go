// Package interop proves, by its tests, that code which is not taskhook's own
// understands what taskhook sends: the verifier of the founding documentation,
// the public libraries for Standard Webhooks, and JavaScript itself, all run by
// Node from test/node. It has no code of its own, and nothing may import it.
package interop
