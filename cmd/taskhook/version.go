//go:build unix

package main

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

type versionCommand struct{}

// Run prints the version, the commit and what built it.
func (versionCommand) Run(_ context.Context, c *console) error {
	_, err := fmt.Fprintln(c.stdout, describe(buildInfo()))
	return err
}

// buildInfo is what is known of this build.
func buildInfo() *debug.BuildInfo {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info
	}
	return &debug.BuildInfo{}
}

// version is the name of a release, or "(devel)".
func version(info *debug.BuildInfo) string { return cmp.Or(info.Main.Version, "(devel)") }

// describe says in one line which build this is: "taskhook v1.2.3 (commit
// 0123456789ab, changed since, go1.26.0, linux/amd64)".
func describe(info *debug.BuildInfo) string {
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
	return fmt.Sprintf("taskhook %s (%s)", version(info), strings.Join(details, ", "))
}
