// Package upstream runs tasks at the HTTP APIs of others, each described by a
// definition in a file: how to ask for work, how to look whether it is done, and
// what the answers mean. It owns the language of definitions, the calls, the
// pace of polling, and the fetching of results. It must not know any particular
// API, nor how tasks are stored, priced or told of.
//
// What is asked is asked once. A call that asks for work and breaks off is
// reported as unclear, never repeated here.
package upstream
