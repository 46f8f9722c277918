// Package retention removes data: what is older or more than the operator keeps, and
// all data of a subject on request. It owns how much is removed at a time, how fast,
// and in which order rows and files go. What may not be removed, because something
// still waits for it, storage knows. It must not know SQL, HTTP, or how files are kept.
package retention
