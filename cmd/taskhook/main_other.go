//go:build !unix

// Command taskhook is the server and the tool of its operator. It needs a Unix
// system for now; on others it says so.
package main

import (
	"fmt"
	"os"
	"runtime"
)

func main() {
	fmt.Fprintf(os.Stderr, "taskhook: there is no build for %s yet; run taskhook on Linux, macOS or FreeBSD, or in a container\n", runtime.GOOS)
	os.Exit(1)
}
