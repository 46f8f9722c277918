#!/bin/sh
# Starts a taskhook and a worker in Python (worker.py, standard library only) that fetches
# from it, runs one task, and stays up; with --once it ends there. Needs Go and Python 3.
set -eu
cd "$(dirname "$0")/../.."
key=worker_example_0123456789abcdefghijklmn
CGO_ENABLED=0 go build -o bin/taskhook ./cmd/taskhook
data=$(mktemp -d)
trap 'kill $worker $server 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$data"' EXIT
trap 'exit 130' INT TERM
worker='' server=''

TASKHOOK_BOOTSTRAP_KEY=$key ./bin/taskhook serve --dev --listen 127.0.0.1:8089 --data "$data" \
	--catalogue examples/worker-python/models.yaml &
server=$!
export TASKHOOK_SERVER=http://127.0.0.1:8089 TASKHOOK_API_KEY=$key
until ./bin/taskhook model list >/dev/null 2>&1; do kill -0 "$server" && sleep 0.2; done
workers=$(./bin/taskhook key create --data "$data" --scope worker --model painter | sed -n 's/^key: //p')
TASKHOOK_API_KEY=$workers WORKER_MODELS=painter python3 examples/worker-python/worker.py &
worker=$!
./bin/taskhook task submit mine/text-to-image --model painter --prompt 'a red fox' --watch
TASKHOOK_API_KEY=$workers ./bin/taskhook worker list
[ "${1-}" = --once ] || wait "$server"
