// A receiver of webhooks for Node 18 or later, without dependencies:
//   node receiver.mjs <server> <key>
// It registers itself, checks every signature, and drops what it has seen.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const [base, key] = process.argv.slice(2);
const seen = new Set();
let secret;

function genuine(headers, body) {
  const timestamp = headers["x-webhook-timestamp"] ?? "";
  const given = Buffer.from(headers["x-webhook-signature"] ?? "");
  const hex = createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest("hex");
  const expected = Buffer.from(`sha256=${hex}`);
  const fresh = Math.abs(Date.now() / 1000 - Number(timestamp)) < 300;
  return fresh && given.length === expected.length && timingSafeEqual(given, expected);
}

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  if (!genuine(request.headers, body)) {
    response.writeHead(401).end();
    return;
  }
  const { id, type, data } = JSON.parse(body);
  if (!seen.has(id)) {
    seen.add(id);
    console.log("verified", type, id, data.task?.result?.[0]?.url ?? "");
  }
  response.writeHead(204).end();
});

server.listen(0, "127.0.0.1", async () => {
  const answer = await fetch(`${base}/api/v1/webhooks`, {
    method: "POST",
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    body: JSON.stringify({
      url: `http://127.0.0.1:${server.address().port}/hook`,
      events: ["task.completed", "task.failed"],
    }),
  });
  const { data, error } = await answer.json();
  if (error) throw new Error(error.message);
  secret = data.secret;
  console.log("waiting for webhooks at", data.url);
});
