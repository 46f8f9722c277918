// Package poster makes a still picture of each video among the results, after the
// outcome is told: neither does it delay one, nor can it fail one. It owns which
// picture is taken and how ffmpeg is held. It must not know SQL, HTTP, providers, or
// how anything is shown.
package poster
