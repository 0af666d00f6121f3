// The peer of the webhook benchmark: it verifies with Shopify's own library, extracts the same few fields as we do, and
// inserts a delivery and a job per event in one durable transaction. Run it with `node server.mjs DATABASE PORT`.
import '@shopify/shopify-api/adapters/node';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import Database from 'better-sqlite3';
import { ApiVersion, LogSeverity, shopifyApi } from '@shopify/shopify-api';

const [path, port] = process.argv.slice(2);
const shopify = shopifyApi({
  apiKey: process.env.SHOPIFY_API_KEY,
  apiSecretKey: process.env.SHOPIFY_API_SECRET,
  apiVersion: ApiVersion.October26,
  hostName: '127.0.0.1',
  isEmbeddedApp: true,
  logger: { level: LogSeverity.Error },
});

const db = new Database(path);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.pragma('foreign_keys = ON');

const insertDelivery = db.prepare(`
  INSERT INTO webhook_deliveries
    (id, shop_id, topic, event_id, webhook_id, triggered_at, status, fields, created_at, updated_at, job_kind)
  VALUES
    (@delivery, @shop, @topic, @event, @webhook, @triggered, 'received', @fields, @now, @now, 'personalization.take_order')
  ON CONFLICT (shop_id, topic, event_id, job_kind) DO NOTHING`);
const insertJob = db.prepare(`
  INSERT INTO jobs
    (id, shop_id, kind, subject_id, dedupe_key, status, priority, run_at, attempts, progress, created_at, updated_at)
  VALUES (@job, @shop, 'personalization.take_order', @delivery, @key, 'pending', 1, @now, 0, 0, @now, @now)
  ON CONFLICT (dedupe_key) DO NOTHING`);
const record = db.transaction((row) => {
  insertDelivery.run(row);
  insertJob.run(row);
});

function line(item) {
  const preview = (item.properties ?? []).find((each) => each.name === '_artify_preview');
  return {
    line_item_id: String(item.id),
    product_id: item.product_id ? String(item.product_id) : null,
    variant_id: item.variant_id ? String(item.variant_id) : null,
    title: item.title ?? '',
    quantity: item.quantity ?? 1,
    preview_ref: preview ? String(preview.value) : '',
  };
}

function orderFields(order) {
  return {
    order_id: String(order.id),
    order_number: order.name,
    customer_id: order.customer ? String(order.customer.id) : null,
    total_price: order.total_price,
    currency: order.currency,
    financial_status: order.financial_status,
    processed_at: order.processed_at,
    cancelled_at: order.cancelled_at,
    test: order.test,
    lines: order.line_items.map(line).filter((each) => each.preview_ref),
  };
}

async function receive(req, res) {
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  const rawBody = Buffer.concat(chunks).toString('utf8');
  const check = await shopify.webhooks.validate({ rawBody, rawRequest: req, rawResponse: res });
  if (!check.valid) return res.writeHead(401).end();
  const event = check.eventId ?? check.webhookId;
  const topic = req.headers['x-shopify-topic'];
  record({
    delivery: randomUUID(),
    job: randomUUID(),
    shop: check.domain,
    topic,
    event,
    webhook: check.webhookId,
    triggered: check.triggeredAt ?? null,
    fields: JSON.stringify(orderFields(JSON.parse(rawBody))),
    key: `webhook:${check.domain}:${topic}:${event}`,
    now: new Date().toISOString(),
  });
  return res.writeHead(200).end();
}

createServer((req, res) => {
  receive(req, res).catch(() => res.writeHead(500).end());
}).listen(Number(port), '127.0.0.1');
