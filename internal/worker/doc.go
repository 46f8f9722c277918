// Package worker is the program that fetches tasks from a server and runs them on this
// machine. It owns when tasks are asked for, signs of life, how results are sent and
// sent on after a broken connection, and how the program ends. It must not know how a
// task is worked: that is an adapter's, as in the server.
package worker
