#!/bin/sh
# Puts a taskhook in front of ModelsLab: clients go on speaking ModelsLab's API, and get
# what its webhooks lack: signatures, retries, a log, replay. Asks for one image as such a
# client does, shows the webhook as a receiver sees it, and stays up; with --once it ends
# there. With MODELSLAB_API_KEY set it asks ModelsLab; without, a second taskhook stands in
# for ModelsLab. Needs Go, Python 3 and curl.
set -eu
cd "$(dirname "$0")/../.."
key=front_example_0123456789abcdefghijklmnop
front=http://127.0.0.1:8089 behind=http://127.0.0.1:8090
CGO_ENABLED=0 go build -o bin/taskhook ./cmd/taskhook
data=$(mktemp -d)
far='' near='' receiver=''
trap 'kill $receiver $near $far 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$data"' EXIT
trap 'exit 130' INT TERM
ready() { until curl -sf "$1/readyz" >/dev/null; do kill -0 "$2" && sleep 0.2; done; }

if [ -z "${MODELSLAB_API_KEY-}" ]; then
	TASKHOOK_BOOTSTRAP_KEY=$key ./bin/taskhook serve --dev --listen 127.0.0.1:8090 --data "$data/behind" --log-level error &
	far=$!
	ready $behind $far
	export MODELSLAB_API_KEY=$key
	printf 'providers: {modelslab: {url: "%s/modelslab/api"}}\n' $behind >"$data/stand-in.yaml"
	stand_in="--provider $data/stand-in.yaml"
fi
TASKHOOK_BOOTSTRAP_KEY=$key ./bin/taskhook serve --dev --listen 127.0.0.1:8089 --data "$data/front" --log-level error \
	--provider modelslab --provider examples/modelslab-front/models.yaml ${stand_in-} &
near=$!
ready $front $near
python3 internal/demo/receivers/receiver.py $front $key >"$data/received" &
receiver=$!
until curl -s "$front/api/v1/webhooks" -H "Authorization: Bearer $key" | grep -q wh_; do kill -0 "$receiver" && sleep 0.2; done

echo "Asking $front/modelslab as a client of ModelsLab does:"
curl -s "$front/modelslab/api/v6/images/text2img" -H 'Content-Type: application/json' \
	-d '{"key": "'$key'", "model_id": "flux", "prompt": "a red fox in the snow", "width": "256", "height": "256"}'
echo
until grep -m 1 verified "$data/received"; do kill -0 "$near" && kill -0 "$receiver" && sleep 0.2; done
[ "${1-}" = --once ] || wait "$near"
