"""A worker for taskhook in the shape of one with a GPU: the model is loaded once, tasks are fetched over HTTP.
Standard library only. TASKHOOK_SERVER, TASKHOOK_API_KEY (taskhook key create --scope worker), WORKER_MODELS."""
import hashlib, json, os, signal, socket, struct, threading, time, urllib.error, urllib.request, uuid, zlib

SERVER = os.environ.get("TASKHOOK_SERVER", "http://127.0.0.1:8080").rstrip("/") + "/worker/v1"
WORKER = os.environ.get("WORKER_NAME", socket.gethostname())
stopping = threading.Event()

def call(method, path, body=None, timeout=90):
    raw = isinstance(body, bytes)
    data = body if raw else json.dumps(body or {}).encode() if method == "POST" else None
    request = urllib.request.Request(SERVER + path, data, method=method, headers={
        "Authorization": "Bearer " + os.environ["TASKHOOK_API_KEY"],
        "Content-Type": "application/octet-stream" if raw else "application/json"})
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return json.load(answer)["data"]

def patiently(do, enough=lambda: False):
    """Repeats a call while the server is away; what it refuses is an error."""
    for pause in [0.5, 1, 2, 4] + [8] * 50:
        try:
            return do()
        except urllib.error.HTTPError as e:
            if e.code < 500 and e.code != 429:
                raise RuntimeError(json.load(e)["error"]["message"]) from None
        except OSError as e:
            print("the server is away:", e, flush=True)
        if enough():
            raise SystemExit
        time.sleep(pause)
    raise RuntimeError("the server is away for good")

def upload(path, output, data):
    at = f"{path}/outputs/{output}"
    def go_on():  # from where the server is, be it 0 or after a connection that broke
        have = call("GET", at)["offset"]
        return have == len(data) or call("PUT", f"{at}?offset={have}", data[have:])
    patiently(go_on)

def work(model, lease):
    path, job = "/leases/" + lease["lease"], {"progress": 0, "status": "continue"}
    done = threading.Event()
    def beat():
        while not done.wait(min(lease["heartbeat"], 2)) and job["status"] == "continue":
            try:
                job["status"] = call("POST", path + "/heartbeat", {"progress": job["progress"]})["status"]
            except OSError:
                pass  # the lease outlasts a restart of the server
    threading.Thread(target=beat, daemon=True).start()
    try:
        image = model(lease["input"], lambda percent: job.update(progress=percent), lambda: job["status"] != "continue")
        if image is not None:
            upload(path, 0, image)
            output = {"name": "image.png", "size": len(image), "sha256": hashlib.sha256(image).hexdigest()}
            patiently(lambda: call("POST", path + "/complete", {"outputs": [output]}))
        print(lease["task"], "is done" if image else job["status"], flush=True)
    except Exception as e:  # ValueError: no other try could do better
        patiently(lambda: call("POST", path + "/fail", {"message": str(e), "permanent": isinstance(e, ValueError)}))
    finally:
        done.set()

def load_model():
    """Put torch here. This one paints by arithmetic, slowly enough to watch."""
    def generate(request, progress, unwanted, size=256):
        if not request.get("prompt", "").strip():
            raise ValueError("The prompt is empty.")
        seed, rows = zlib.crc32(request["prompt"].encode()), []
        for y in range(size):
            rows.append(b"\0" + bytes(c for x in range(size) for c in ((x * seed >> 3) & 255, (y * seed >> 5) & 255, (x ^ y) & 255)))
            progress(100 * y // size)
            if unwanted():
                return None
            time.sleep(0.004)
        chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0))
                + chunk(b"IDAT", zlib.compress(b"".join(rows))) + chunk(b"IEND", b""))
    return generate

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())  # what is under way is finished
    model, ask = load_model(), {"worker": WORKER, "session": uuid.uuid4().hex, "version": "worker.py", "capacity": 1, "wait": 10,
                                "models": os.environ.get("WORKER_MODELS", "").split()}
    print(WORKER, "fetches tasks from", SERVER, flush=True)
    while not stopping.is_set():
        got = patiently(lambda: call("POST", "/lease", ask), enough=stopping.is_set)
        for lease in got["leases"]:
            work(model, lease)
        if got.get("draining"):
            break
