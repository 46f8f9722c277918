//go:build unix

package demo

import (
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// receivers are programs to start from, in other languages.
//
//go:embed receivers
var receivers embed.FS

// farewell prints what somebody may want to try now, with the real addresses.
func (d *demo) farewell() error {
	if err := os.CopyFS(d.dir, receivers); err != nil {
		return fmt.Errorf("write the receivers: %w", err)
	}
	d.screen.title("Look for yourself")
	if d.Once {
		d.screen.note("These addresses are good while a demo runs: leave out --once.")
	}
	d.screen.say("The results, by the links in the webhooks")
	for _, link := range d.links {
		d.screen.say("  %s", link)
	}
	d.screen.gap()
	d.screen.say("The server   %s", d.server.url)
	d.screen.say("Its key      %s", d.server.key)
	d.screen.say("Its log      %s", d.logFile())
	d.commands([]command{
		{"Submit a task", []string{
			"curl " + d.server.url + "/api/v1/gemini/text-to-image",
			"-H 'Authorization: Bearer " + d.server.key + "'",
			"-H 'Content-Type: application/json'",
			`-d '{"model":"nano-banana-2","input":{"prompt":"a red kite"}}'`}},
		{"Receive the webhooks in Node, in another terminal", d.receiverCommand("node", "receiver.mjs")},
		{"or in Python", d.receiverCommand("python3", "receiver.py")},
	})
	return nil
}

// command is one to copy, in the parts that stand on lines of their own.
type command struct {
	title string
	parts []string
}

func (d *demo) commands(list []command) {
	for _, c := range list {
		d.screen.gap()
		d.screen.say("%s", c.title)
		d.screen.say("  %s", strings.Join(c.parts, " \\\n       "))
	}
}

func (d *demo) receiverCommand(program, file string) []string {
	return []string{program + " " + filepath.Join(d.dir, "receivers", file), d.server.url + " " + d.server.key}
}
