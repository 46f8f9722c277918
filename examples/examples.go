// Package examples holds configurations to start from. The package owns their
// text alone; it must not know what reads them.
package examples

import _ "embed" // for the files

// Local is local.yaml: two models that run on this machine, by espeak-ng and
// ffmpeg.
//
//go:embed local.yaml
var Local string
