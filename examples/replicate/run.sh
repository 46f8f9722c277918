#!/bin/sh
# Starts a real Cog model server (that of examples/cog, without weights), which speaks the
# part of Replicate's API by which work is asked for, and a taskhook in front of it; runs one
# task, and stays up; with --once it ends there. Needs Go, Python 3 with venv, and PyPI the
# first time.
set -eu
cd "$(dirname "$0")/../.."
scratch=${TMPDIR:-/tmp}/taskhook-cog
key=replicate_example_0123456789abcdefghijklmnop
CGO_ENABLED=0 go build -o bin/taskhook ./cmd/taskhook
[ -x "$scratch/venv/bin/python" ] || python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install -q --disable-pip-version-check cog==0.23.1
data=$(mktemp -d)
trap 'kill $cog $server 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$data"' EXIT
trap 'exit 130' INT TERM
cog='' server=''

(cd examples/cog && PATH=$scratch/venv/bin:$PATH PORT=5001 COG_PREDICT_TYPE_STUB=predict.py:Predictor \
	exec python -m cog.server.http --host 127.0.0.1 >"$data/cog.log" 2>&1) &
cog=$!
REPLICATE_API_TOKEN=none TASKHOOK_BOOTSTRAP_KEY=$key ./bin/taskhook serve --dev --listen 127.0.0.1:8089 --data "$data" \
	--provider replicate --provider examples/replicate/models.yaml &
server=$!
export TASKHOOK_SERVER=http://127.0.0.1:8089 TASKHOOK_API_KEY=$key
until ./bin/taskhook model list >/dev/null 2>&1; do kill -0 "$server" && sleep 0.2; done
./bin/taskhook task submit mine/text-to-image --model painter --prompt 'a red fox' --watch
[ "${1-}" = --once ] || wait "$server"
