// Package catalogue owns the one list of what can be asked for: providers, their
// models and capabilities, what the input of each must look like, how long it
// takes, what it costs and which adapter runs it. Validation, the model listing,
// the OpenAPI document and the pages all read it, so that they can't disagree.
//
// The list comes from an embedded file and from files of the operator. It does
// not know accounts, tasks, HTTP or the adapters themselves: an adapter is a name
// here. A Catalogue may be used by any number of goroutines, also while the list in it
// is replaced as a whole.
package catalogue
