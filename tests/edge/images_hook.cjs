// Loaded into wrangler by NODE_OPTIONS: its stand-in of the Images service ignores cuts and drawn marks, so requests
// go to the tests' own, at IMAGES_SERVICE. The binding's code in workerd, and the protocol, stay the real ones.
"use strict";
const Module = require("node:module");

const OURS = /[\\/]miniflare[\\/]dist[\\/]src[\\/]index\.js$/;
const THEIRS = "handler = imagesLocalFetcher;";
const compile = Module.prototype._compile;

globalThis.imagesService = async (request) => {
  const url = new URL(new URL(request.url).pathname, process.env.IMAGES_SERVICE);
  const headers = { "content-type": request.headers.get("content-type") };
  return fetch(url, { method: "POST", headers, body: await request.arrayBuffer() });
};

Module.prototype._compile = function (source, filename, ...rest) {
  if (OURS.test(filename)) {
    if (source.split(THEIRS).length !== 2) throw new Error(`${filename} does not hold "${THEIRS}" once`);
    source = source.replace(THEIRS, "handler = globalThis.imagesService;");
  }
  return compile.call(this, source, filename, ...rest);
};
