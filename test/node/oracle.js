// Answers questions about webhooks with code that is not taskhook's: one JSON
// line in, one JSON line out.
import crypto from "node:crypto";
import { createInterface } from "node:readline";
import { Webhook as StandardWebhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";

// ed25519 checks a "v1a," signature with the keys of a JSON Web Key Set.
function ed25519({ headers, body, keys }) {
  const text = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const signatures = headers["webhook-signature"].split(" ").filter((s) => s.startsWith("v1a,"));
  for (const jwk of JSON.parse(keys).keys) {
    const key = crypto.createPublicKey({ key: jwk, format: "jwk" });
    for (const s of signatures) {
      if (crypto.verify(null, Buffer.from(text), key, Buffer.from(s.slice(4), "base64"))) return;
    }
  }
  throw new Error("no signature fits a key");
}

const answers = {
  normalize: ({ text }) => JSON.stringify(JSON.parse(text)),
  standardwebhooks: ({ headers, body, secret }) => void new StandardWebhook(secret).verify(body, headers),
  svix: ({ headers, body, secret }) => void new SvixWebhook(secret).verify(body, headers),
  ed25519,
};

createInterface({ input: process.stdin }).on("line", (line) => {
  const question = JSON.parse(line);
  let answer;
  try {
    answer = { text: answers[question.ask](question) ?? "" };
  } catch (e) {
    answer = { error: e.message || "refused" };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
});
