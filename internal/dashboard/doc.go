// Package dashboard owns the pages for people: who is signed in, what each page
// shows, and how it is shown. Pages are rendered here and work without
// JavaScript; with it they follow what happens.
//
// Each page and each action has a file of its own. A page is a function from a
// request to a view; the same function also feeds the page's live updates: asked
// for as text/event-stream, the address of a page sends it again whenever it
// would look different.
//
// It must not know the database or how things are decided: it shows what the
// services say and asks them to act. All that it shows may come from hostile
// hands.
package dashboard
