// A receiver of webhooks that checks them as the founding documentation says. It
// takes "secret" lines on standard input, and writes a JSON line for its port
// and one for each request.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { verifyWebhookSignature } from "./seed-verifier.js";

let secret = "";

function tell(line) {
  process.stdout.write(JSON.stringify(line) + "\n");
}

async function read(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

const server = createServer(async (req, res) => {
  const text = await read(req);
  let error = "";
  try {
    req.body = JSON.parse(text); // as express.json() does
    verifyWebhookSignature(req, secret);
  } catch (e) {
    error = e.message;
  }
  res.writeHead(error ? 401 : 200).end();
  tell({ path: req.url, headers: req.headers, body: text, error });
});

createInterface({ input: process.stdin })
  .on("line", (line) => {
    secret = line;
    tell({ secret: "set" });
  })
  .on("close", () => process.exit());

server.listen(0, "127.0.0.1", () => tell({ port: server.address().port }));
