//go:build unix

package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

type versionCommand struct{}

// Run prints the version, the commit and what built it.
func (versionCommand) Run(c *console) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	_, err := fmt.Fprintln(c.stdout, describe(info))
	return err
}

// describe says in one line which build this is: "taskhook v1.2.3 (commit
// 0123456789ab, changed since, go1.26.0, linux/amd64)".
func describe(info *debug.BuildInfo) string {
	version := info.Main.Version
	if version == "" {
		version = "(devel)"
	}
	var details []string
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			details = append(details, "commit "+s.Value[:min(12, len(s.Value))])
		case s.Key == "vcs.modified" && s.Value == "true":
			details = append(details, "changed since")
		}
	}
	details = append(details, runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH)
	return fmt.Sprintf("taskhook %s (%s)", version, strings.Join(details, ", "))
}
