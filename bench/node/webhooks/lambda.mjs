// The peer of the cold start benchmark: a Lambda handler that verifies a webhook with Shopify's own library, and the
// loop that fetches events from Lambda's Runtime API. It stores nothing. Run it with `node lambda.mjs`.
import '@shopify/shopify-api/adapters/node';
import { ApiVersion, LogSeverity, shopifyApi } from '@shopify/shopify-api';

const runtime = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
const shopify = shopifyApi({
  apiKey: process.env.SHOPIFY_API_KEY,
  apiSecretKey: process.env.SHOPIFY_API_SECRET,
  apiVersion: ApiVersion.October26,
  hostName: '127.0.0.1',
  isEmbeddedApp: true,
  logger: { level: LogSeverity.Error },
});

async function handler(event) {
  const rawBody = Buffer.from(event.body, event.isBase64Encoded ? 'base64' : 'utf8').toString('utf8');
  const rawRequest = { method: event.requestContext.http.method, url: event.rawPath, headers: event.headers };
  const check = await shopify.webhooks.validate({ rawBody, rawRequest });
  return { statusCode: check.valid ? 200 : 401, headers: {}, body: '', isBase64Encoded: false };
}

for (;;) {
  const next = await fetch(`${runtime}/next`);
  const id = next.headers.get('lambda-runtime-aws-request-id');
  const answer = await handler(await next.json());
  await fetch(`${runtime}/${id}/response`, { method: 'POST', body: JSON.stringify(answer) });
}
