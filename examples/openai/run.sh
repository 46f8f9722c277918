#!/bin/sh
# Starts a LiteLLM proxy, a real server that speaks OpenAI's API, with a model without weights
# behind it (painter.py), and a taskhook in front; runs one task, and stays up; with --once it
# ends there. Needs Go, Python 3 with venv, and PyPI the first time (some 700 MB).
set -eu
cd "$(dirname "$0")/../.."
scratch=${TMPDIR:-/tmp}/taskhook-litellm
key=openai_example_0123456789abcdefghijklmnop
CGO_ENABLED=0 go build -o bin/taskhook ./cmd/taskhook
[ -x "$scratch/venv/bin/python" ] || python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install -q --disable-pip-version-check 'litellm[proxy]==1.106.2'
data=$(mktemp -d)
trap 'kill $proxy $server 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$data"' EXIT
trap 'exit 130' INT TERM
proxy='' server=''

export LITELLM_MASTER_KEY=sk-example-0123456789abcdefghijklmn LITELLM_LOCAL_MODEL_COST_MAP=True
(cd examples/openai && exec "$scratch/venv/bin/litellm" --config litellm.yaml --host 127.0.0.1 --port 4000 --telemetry False >"$data/litellm.log" 2>&1) &
proxy=$!
OPENAI_API_KEY=$LITELLM_MASTER_KEY TASKHOOK_BOOTSTRAP_KEY=$key ./bin/taskhook serve --dev --listen 127.0.0.1:8090 --data "$data" \
	--provider openai --provider examples/openai/models.yaml &
server=$!
export TASKHOOK_SERVER=http://127.0.0.1:8090 TASKHOOK_API_KEY=$key
until ./bin/taskhook model list >/dev/null 2>&1; do kill -0 "$server" && sleep 0.2; done
until "$scratch/venv/bin/python" -c 'import socket; socket.create_connection(("127.0.0.1", 4000))' 2>/dev/null; do
	kill -0 "$proxy" || { cat "$data/litellm.log"; exit 1; }
	sleep 1
done
./bin/taskhook task submit mine/text-to-image --model painter --prompt 'a red fox' --watch
[ "${1-}" = --once ] || wait "$server"
