// Package archtest holds the rules of this repository as tests: who may import
// whom, who alone may do what, how large things may be, and that the documents
// speak of what is there. Exceptions stand in tables with their reasons, and one
// that is no longer needed fails like one that is missing. It reads the source
// as text; it has no code of its own, and nothing may import it.
package archtest
