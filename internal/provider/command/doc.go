// Package command is the adapter that runs any program of this machine. It owns
// how a program is started (never through a shell), held to its limits, stopped
// with everything that it started, and how its files become results. It must not
// know what the programs do, nor read configuration files.
//
// What clients send is data, never code: each template makes exactly one
// argument, the program's name takes no template, and text from a client can't
// become an option (see [Config]). The programs themselves are trusted: they run
// as the user that the server runs as, with the environment that is configured
// and nothing else of the server's.
//
// A run has a folder of its own below the scratch directory. A server that is
// killed leaves folders and perhaps programs behind; [Reap] ends both at the next
// start.
package command
