# What the tests need of the machine: used if there, installed where that is
# allowed, else named. It is read by test.sh.

least_go=26 # of Go 1

need_platform() {
	case $(uname -s) in
	Linux) other_system=darwin ;;
	Darwin) other_system=linux ;;
	*)
		echo "taskhook is tested on Linux and macOS; on $(uname -s) use a container or a virtual machine with Linux."
		return 1
		;;
	esac
}

# need_go asks the Go that is installed, not one that it would fetch.
need_go() {
	if ! command -v go >/dev/null 2>&1; then
		echo "Go is not installed: taskhook needs Go 1.$least_go or newer, from https://go.dev/dl/."
		return 1
	fi
	version=$(cd / && GOTOOLCHAIN=local go env GOVERSION)
	minor=$(printf '%s' "$version" | sed -n 's/.*go1\.\([0-9][0-9]*\).*/\1/p')
	if [ "${minor:-0}" -lt "$least_go" ]; then
		echo "Go is too old: taskhook needs Go 1.$least_go or newer, and this is $version. Get it from https://go.dev/dl/."
		return 1
	fi
}

has() { command -v "$1" >/dev/null 2>&1; }

# c_compiler reports whether a C program can be compiled, which -race needs.
c_compiler() {
	printf '#include <stdlib.h>\nint main(void) { return 0; }\n' >"$work/try.c"
	$(go env CC) -o "$work/try" "$work/try.c" 2>/dev/null
}

# missing lists the packages of what is not there, in the names of apt.
missing() {
	c_compiler || printf 'gcc libc6-dev '
	has node || printf 'nodejs '
	has npm || printf 'npm '
	has ffmpeg || printf 'ffmpeg '
	has espeak-ng || printf 'espeak-ng '
	has chromium || printf 'chromium '
	has_postgres || printf 'postgresql '
	[ "$(uname -s)" != Linux ] || mounts || printf 'fuse3 '
}

# has_postgres looks where internal/testkit/pgtest does, for Debian and Homebrew keep
# servers apart from other programs.
has_postgres() {
	for program in /usr/lib/postgresql/*/bin/initdb /opt/homebrew/opt/postgresql@*/bin/initdb \
		/usr/local/opt/postgresql@*/bin/initdb /usr/pgsql-*/bin/initdb /usr/local/bin/initdb /usr/bin/initdb; do
		[ -x "$program" ] && return
	done
	return 1
}

# mounts reports whether this user can mount by FUSE: root by the device alone.
mounts() {
	has fusermount3 || has fusermount || { [ "$(id -u)" = 0 ] && [ -e /dev/fuse ]; }
}

# as_root runs a command as root, if that needs no password.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif has sudo && sudo -n true 2>/dev/null; then
		sudo -n "$@"
	else
		return 1
	fi
}

# need_programs installs what is missing when it runs as root or in CI; else the
# table ends with how to.
need_programs() {
	packages=$(missing)
	packages=${packages% }
	[ -n "$packages" ] || return 0
	if has apt-get && { [ "$(id -u)" = 0 ] || [ -n "${CI:-}" ]; }; then
		printf '\n== install what tests need: %s\n' "$packages"
		# shellcheck disable=SC2086 # a list
		as_root apt-get update -qq &&
			as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages && return
		echo 'That did not work; what needs them will not be proven.'
	fi
	advise >"$work/advice"
}

# need_s3_server offers tests the storage that tools/s3 pins. Building it takes some
# minutes, once, so that is done only where all is to be proven.
need_s3_server() {
	PATH=$PWD/bin/tools:$PATH
	export PATH
	server=bin/tools/versitygw
	[ -f "$server" ] && [ ! tools/s3/go.mod -nt "$server" ] && return
	if [ -n "${CI:-}" ] || [ "${STRICT:-}" = 1 ]; then
		printf '\n== build versitygw, an S3 server that tests need\n'
		go -C tools/s3 build "$plain" -o "../../$server" github.com/versity/versitygw/cmd/versitygw && return
		echo 'That did not work; what needs it will not be proven.'
	fi
	has versitygw || echo 'To prove what needs versitygw, let STRICT=1 make test build it once; that takes some minutes.' >>"$work/advice"
}

# advise says how to install the packages.
advise() {
	echo 'To prove all, install what is missing:'
	if [ "$(uname -s)" = Linux ]; then
		echo "  sudo apt-get install -y $packages"
		return
	fi
	case $packages in *gcc*) echo '  xcode-select --install' ;; esac
	brewed=$(printf '%s' "$packages" | sed 's/gcc libc6-dev \{0,1\}//; s/nodejs/node/; s/postgresql/postgresql@17/; s/npm \{0,1\}//')
	[ -z "$brewed" ] || echo "  brew install $brewed"
}

# need_node_packages installs the verifiers of other people, as they are pinned.
need_node_packages() {
	has npm || return 0
	installed=test/node/node_modules/.package-lock.json
	[ -f "$installed" ] && [ ! test/node/package-lock.json -nt "$installed" ] && return
	printf '\n== packages of Node that tests need\n'
	(cd test/node && npm ci --no-audit --no-fund --loglevel=error) ||
		echo 'Installing them did not work; what needs them will not be proven.'
}
