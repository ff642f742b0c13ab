"use strict";
// AWS's Node.js runtimes resolve ES module imports through NODE_PATH too (layers, the AWS SDK); plain Node does not.
// https://aws.amazon.com/blogs/compute/node-js-18-x-runtime-now-available-in-aws-lambda/

const fs = require("node:fs");
const path = require("node:path");
const module_ = require("node:module");
const { pathToFileURL } = require("node:url");

/** For each NODE_PATH folder that exists, a file beside it: resolving from there finds what the folder holds. */
function parentUrls() {
  return (process.env.NODE_PATH ?? "")
    .split(path.delimiter)
    .filter((folder) => path.basename(folder) === "node_modules" && fs.existsSync(folder))
    .map((folder) => pathToFileURL(path.join(path.dirname(folder), "noop.mjs")).href);
}

const isBare = (specifier) => !/^(\.{0,2}\/|[a-z][a-z0-9+.-]*:)/i.test(specifier);

const mayRetry = (error, specifier) => error?.code === "ERR_MODULE_NOT_FOUND" && isBare(specifier);

function syncHook(parents) {
  return (specifier, context, nextResolve) => {
    try {
      return nextResolve(specifier, context);
    } catch (error) {
      if (!mayRetry(error, specifier)) throw error;
      for (const parentURL of parents) {
        try {
          return nextResolve(specifier, { ...context, parentURL });
        } catch {
          // The next folder may have it; the first error is the one to report.
        }
      }
      throw error;
    }
  };
}

// Node.js 20 has hooks only in a thread of their own, so the same rule as a module's source.
const threadHook = (parents) => `
  const parents = ${JSON.stringify(parents)};
  export async function resolve(specifier, context, nextResolve) {
    try {
      return await nextResolve(specifier, context);
    } catch (error) {
      if (error?.code !== "ERR_MODULE_NOT_FOUND" || /^(\\.{0,2}\\/|[a-z][a-z0-9+.-]*:)/i.test(specifier)) throw error;
      for (const parentURL of parents) {
        try {
          return await nextResolve(specifier, { ...context, parentURL });
        } catch {}
      }
      throw error;
    }
  }`;

let done = false;

function supportNodePathInImports() {
  if (done) return;
  done = true;
  const parents = parentUrls();
  if (parents.length === 0) return;
  if (module_.registerHooks) module_.registerHooks({ resolve: syncHook(parents) });
  else module_.register(`data:text/javascript,${encodeURIComponent(threadHook(parents))}`);
}

module.exports = { supportNodePathInImports };
