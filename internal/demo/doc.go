// Package demo shows the product to somebody who sees it for the first time: it
// runs a server as a child process, gives it work, makes its receiver fail, kills
// it in the middle of work, counts whether everything that was acknowledged has
// come, and then uses all three APIs and a workflow. It knows the server as any
// client does, by its command line, its APIs and its webhooks, and must not know
// its inside.
package demo
