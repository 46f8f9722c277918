package config

import (
	"fmt"
	"time"

	"github.com/taskhook/taskhook"
)

// Retention says how long and how much is kept.
type Retention struct {
	Events    Age `name:"events" default:"60d" placeholder:"AGE" help:"How long events and their deliveries are kept: 30d, 36h, or 0 for ever, as the next ones. A cursor of the feed before what was removed is answered with 410."`
	Attempts  Age `name:"attempts" default:"30d" placeholder:"AGE" help:"How long the attempts of deliveries are kept, with what receivers answered."`
	Tasks     Age `name:"tasks" default:"90d" placeholder:"AGE" help:"How long tasks and executions of workflows are kept after they have ended."`
	Artifacts Age `name:"artifacts" default:"30d" placeholder:"AGE" help:"How long the files of results are kept. The task is then expired, and its links answer with 410."`
	Files     Age `name:"files" default:"90d" placeholder:"AGE" help:"How long uploaded files are kept after they were last used."`
	Usage     Age `name:"usage" default:"400d" placeholder:"AGE" help:"How long the sums of usage are kept. The ledger of money is kept for ever."`

	EventsBytes    Size `name:"events-bytes" default:"0" placeholder:"SIZE" help:"How much events and their deliveries may take: 20GB, 500MB, or 0 for any amount, as the next ones. The oldest go first, but for what is in flight."`
	AttemptsBytes  Size `name:"attempts-bytes" default:"0" placeholder:"SIZE" help:"How much attempts may take."`
	TasksBytes     Size `name:"tasks-bytes" default:"0" placeholder:"SIZE" help:"How much tasks and executions may take, without their files."`
	ArtifactsBytes Size `name:"artifacts-bytes" default:"0" placeholder:"SIZE" help:"How much the files of results may take."`
	FilesBytes     Size `name:"files-bytes" default:"0" placeholder:"SIZE" help:"How much uploaded files may take."`
}

// minAge is what anything is kept at least: an Idempotency-Key, which stands for a
// task, lives as long.
const minAge = 48 * time.Hour

// checkRetention refuses what contradicts itself or promises made elsewhere.
func (c *Config) checkRetention() error {
	r := &c.Retention
	ages := []struct {
		name  string
		age   Age
		least time.Duration
		why   string
	}{
		{"retention-events", r.Events, c.longest(), "the longest schedule of retries"},
		{"retention-events", r.Events, time.Duration(r.Attempts), "retention-attempts, for attempts go with their deliveries"},
		{"retention-tasks", r.Tasks, minAge, "48h, for so long an Idempotency-Key stands for its task"},
		{"retention-tasks", r.Tasks, time.Duration(r.Artifacts), "retention-artifacts, for results go with their task"},
		{"retention-artifacts", r.Artifacts, c.longest(), "the longest schedule of retries, for webhooks hold links to results"},
		{"retention-files", r.Files, time.Hour, "1h"},
	}
	for _, a := range ages {
		if a.age > 0 && time.Duration(a.age) < a.least {
			return fmt.Errorf("%s is %s, which is shorter than %s: make it longer, or 0 to keep all", a.name, a.age, a.why)
		}
	}
	for _, a := range []struct {
		name, than  string
		age, longer Age
	}{{"retention-events", "retention-attempts", r.Events, r.Attempts}, {"retention-tasks", "retention-artifacts", r.Tasks, r.Artifacts}} {
		if a.age > 0 && a.longer == 0 {
			return fmt.Errorf("%s is 0, which is for ever, but %s is %s, with which they go: set both", a.than, a.name, a.age)
		}
	}
	return nil
}

// longest is how long the longest schedule takes.
func (c *Config) longest() (most time.Duration) {
	for _, s := range []taskhook.Schedule{c.Schedule, c.PerJobSchedule, c.WorkflowSchedule, c.Muapi.Schedule} {
		var sum time.Duration
		for _, d := range s {
			sum += d
		}
		most = max(most, sum)
	}
	return most
}
