// The verifier that ModelHunter.AI's documentation gives to receivers, unchanged.
import crypto from "crypto";

function verifyWebhookSignature(req, secret) {
  const timestamp = req.headers["x-webhook-timestamp"];
  const signature = req.headers["x-webhook-signature"];
  const body = JSON.stringify(req.body);

  const expected = crypto
    .createHmac("sha256", secret)
    .update(`${timestamp}.${body}`)
    .digest("hex");

  const expectedSignature = `sha256=${expected}`;

  if (signature !== expectedSignature) {
    throw new Error("Invalid webhook signature");
  }

  // Reject timestamps older than 5 minutes
  const age = Math.floor(Date.now() / 1000) - parseInt(timestamp, 10);
  if (age > 300) {
    throw new Error("Webhook timestamp too old");
  }

  return true;
}

export { verifyWebhookSignature };
