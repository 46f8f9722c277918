// Package pull gives tasks to workers that fetch them: programs on machines of the
// operator that need no port of their own. It owns leases (who has a task, for how
// long without being heard of), what becomes of a task whose worker is lost, and how
// results arrive in pieces. All of that is in the store, so that a worker may speak to
// any node, and a node may die between two of its calls.
//
// It must not know SQL, HTTP, or what workers do.
package pull
