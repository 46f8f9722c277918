#!/bin/sh
# Runs every example that needs programs of others once; each installs its own.
set -u
cd "$(dirname "$0")/.." || exit 1
failed=0
for example in examples/*/run.sh; do
	printf '\n== %s\n' "$example"
	"$example" --once || failed=1
done
exit $failed
