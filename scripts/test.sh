#!/bin/sh
# Proves what can be proved on this machine and ends with a table of what was
# proven and what was not. With STRICT=1 anything that was not proven is a
# failure. "check" leaves the tests out.
set -u
cd "$(dirname "$0")/.." || exit 1

. scripts/needs.sh

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
results=$work/results # one line a check: verdict, tab, what, tab, why
: >"$results"

# The product is built without C; only the race detector needs it.
export CGO_ENABLED=0

# Without the folder in it, what was built for one clone is found again by another.
export GOFLAGS="${GOFLAGS:-} -trimpath"

# A compiler lives for seconds: memory that it does not collect saves it a third of its
# time. What the tests run collects as it does elsewhere.
export GOGC=400

# What is compiled to be checked and not to be tested need not be good code. This holds
# for all that it imports, so that vet, staticcheck and the build use the same packages.
plain='-gcflags=all=-N -l -dwarf=false'

processors=$(getconf _NPROCESSORS_ONLN)

note() { printf '%s\t%s\t%s\n' "$1" "$2" "${3:-}" >>"$results"; }

# prove NAME COMMAND... runs a check and notes how it ended.
prove() {
	name=$1
	shift
	printf '\n== %s\n' "$name"
	if "$@"; then
		note proven "$name"
	else
		note failed "$name" 'see its output above'
	fi
}

formatted() {
	unformatted=$(gofmt -l .) || return 1
	[ -z "$unformatted" ] && return
	printf 'run gofmt -w on:\n%s\n' "$unformatted"
	return 1
}

# vet_other sees the files that are built on the other system only.
vet_other() { GOOS=$other_system go vet "$plain" ./...; }

# static_check compiles the checker well, for it works long, and lets it use what vet compiled.
static_check() {
	checker=$(go tool -n -modfile=tools/go.mod staticcheck) && GOFLAGS="$GOFLAGS '$plain'" "$checker" ./...
}

tidy() { go mod tidy -diff && go -C tools mod tidy -diff; }

# tests runs all tests. Those that need a program tell in the file that
# TASKHOOK_PROVEN names whether they had it.
tests() { TASKHOOK_PROVEN=$work/programs go test -vet=off -exec 'env -u GOGC' -shuffle=on ./...; }

# race_tests leaves out of the race detector what takes several times as long with it
# and has no memory to share: SQLite's own C, translated, which keeps its data outside
# of Go's memory, where the detector does not look, and the compression of the standard
# library, which works alone on bytes of its own. The driver around the one and what
# calls the other are watched like all else. The library that SQLite's C calls is watched,
# too, but its pointers are not checked: that is for memory of Go's, and they lead outside.
# All was vetted before. The packages that take longest begin first, so that none of them
# runs alone at the end, and there is one package more than processors at a time, for each
# of them waits now and then.
race_tests() {
	TASKHOOK_PROVEN=$work/programs CGO_ENABLED=1 go test -race -vet=off -exec 'env -u GOGC' -p "$((processors + 1))" \
		-gcflags=modernc.org/sqlite/lib=-race=false -gcflags=compress/flate=-race=false \
		-gcflags=modernc.org/libc=-d=checkptr=0 -gcflags=modernc.org/memory=-d=checkptr=0 -shuffle=on \
		./internal/store ./internal/crash ./cmd/taskhook ./internal/app ./internal/dashboard ./internal/delivery \
		./internal/api/apitest ./internal/task ./...
}

# note_programs adds a line for each program that tests needed.
note_programs() {
	[ -f "$work/programs" ] || return 0
	sort -u "$work/programs" | awk '
		{ program = $3; for (i = 4; i <= NF; i++) program = program " " $i }
		$1 == "proven" { yes[program]++ }
		$1 == "not-proven" { no[program]++ }
		END {
			for (p in yes) printf "proven\ttests that need %s (%d)\t\n", p, yes[p]
			for (p in no) printf "not proven here\ttests that need %s (%d)\t%s is not available\n", p, no[p], p
		}' | sort >>"$results"
}

run_tests() {
	if c_compiler; then
		prove 'all tests with the race detector, in random order' race_tests
	else
		prove 'all tests, in random order' tests
		note 'not proven here' 'freedom from data races' 'there is no C compiler'
	fi
	note_programs
}

# summary prints the table and says whether all is well.
summary() {
	printf '\n'
	awk -F '\t' '
		{ line = sprintf("  %s%s", $2, $3 == "" ? "" : ": " $3) }
		$1 == "proven" { proven = proven line "\n" }
		$1 == "failed" { failed = failed line "\n" }
		$1 == "not proven here" { missing = missing line "\n" }
		END {
			printf "PROVEN\n%s", proven
			printf "NOT PROVEN HERE\n%s", missing == "" ? "  nothing\n" : missing
			if (failed != "") printf "FAILED\n%s", failed
		}' "$results"
	if [ -f "$work/advice" ]; then cat "$work/advice"; fi
	if grep -q '^failed' "$results"; then
		return 1
	fi
	if [ "${STRICT:-}" = 1 ] && grep -q '^not proven here' "$results"; then
		echo 'STRICT=1 lets nothing stay unproven.'
		return 1
	fi
}

main() {
	need_platform || exit 1
	need_go || exit 1
	prove 'formatting (gofmt)' formatted
	prove 'go vet' go vet "$plain" ./...
	prove "go vet as on $other_system" vet_other
	prove 'staticcheck' static_check
	prove 'go mod tidy changes nothing' tidy
	prove 'build without C' go build "$plain" ./...
	if [ "$1" = all ]; then
		need_programs
		need_node_packages
		need_s3_server
		run_tests
	fi
	summary
}

case ${1:-all} in
all | check) main "${1:-all}" ;;
*)
	echo "usage: scripts/test.sh [all|check]" >&2
	exit 2
	;;
esac
