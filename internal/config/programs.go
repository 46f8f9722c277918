package config

import "os"

// ProgramEnvironment returns what of the environment a program needs that runs
// for a task: where programs, the home and temporary files are, and the language.
// Nothing else is handed on, for secrets may stand there.
func ProgramEnvironment() []string {
	var kept []string
	for _, name := range []string{"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ"} {
		if value, ok := os.LookupEnv(name); ok {
			kept = append(kept, name+"="+value)
		}
	}
	return kept
}
