// Loaded into wrangler by NODE_OPTIONS. wrangler's stand-in for the Images service ignores crops and drawn marks, so
// requests go to the tests' own service, at IMAGES_SERVICE, unless the file IMAGES_BY_WRANGLER exists. The binding's code
// in workerd and the protocol remain the real ones.
"use strict";
const fs = require("node:fs");
const Module = require("node:module");

const OURS = /[\\/]miniflare[\\/]dist[\\/]src[\\/]index\.js$/;
const THEIRS = "handler = imagesLocalFetcher;";
const compile = Module.prototype._compile;

globalThis.imagesService = (wranglers) => async (request, ...rest) => {
  if (fs.existsSync(process.env.IMAGES_BY_WRANGLER)) return wranglers(request, ...rest);
  const url = new URL(new URL(request.url).pathname, process.env.IMAGES_SERVICE);
  const headers = { "content-type": request.headers.get("content-type") };
  return fetch(url, { method: "POST", headers, body: await request.arrayBuffer() });
};

Module.prototype._compile = function (source, filename, ...rest) {
  if (OURS.test(filename)) {
    if (source.split(THEIRS).length !== 2) throw new Error(`${filename} does not hold "${THEIRS}" once`);
    source = source.replace(THEIRS, "handler = globalThis.imagesService(imagesLocalFetcher);");
  }
  return compile.call(this, source, filename, ...rest);
};
