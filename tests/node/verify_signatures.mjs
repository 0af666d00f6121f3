// Reads what the devstore sent, as JSON, and prints what Shopify's own library says of it.
import "@shopify/shopify-api/adapters/node";
import { readFileSync } from "node:fs";
import { ApiVersion, shopifyApi } from "@shopify/shopify-api";

const given = JSON.parse(readFileSync(0, "utf8"));
const shopify = shopifyApi({
  apiKey: given.key,
  apiSecretKey: given.secret,
  hostName: "app.example",
  apiVersion: Object.values(ApiVersion).at(-1),
  isEmbeddedApp: true,
  logger: { level: 0 },
});

const webhook = await shopify.webhooks.validate({
  rawBody: given.webhook.body,
  rawRequest: { method: "POST", url: "/webhooks", headers: given.webhook.headers },
});
const claims = await shopify.session.decodeSessionToken(given.idToken);
const proxy = await shopify.utils.validateHmac(given.proxy, { signator: "appProxy" });
const page = await shopify.utils.validateHmac(given.page);
console.log(JSON.stringify({ webhook, claims, proxy, page }));
