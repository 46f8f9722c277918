package app_test

import (
	"io"
	"regexp"
	"strings"
)

func stringsReader(s string) io.Reader { return strings.NewReader(s) }
func errString(err error) string {
	if err == nil {
		return "VERIFIED"
	}
	return err.Error()
}
func field(s, name string) string {
	return regexp.MustCompile(`"` + name + `":"([^"]*)"`).FindStringSubmatch(s)[1]
}
