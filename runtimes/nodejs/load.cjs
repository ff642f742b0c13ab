"use strict";
// Finds the handler a function names, by the rules of AWS's Node.js runtime.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html

const fs = require("node:fs");
const path = require("node:path");
const { runtimeError } = require("./errors.cjs");

const STREAMING = Symbol.for("aws.lambda.runtime.handler.streaming");
const HIGH_WATER_MARK = Symbol.for("aws.lambda.runtime.handler.streaming.highWaterMark");

const CALLBACK_REMOVED =
  "ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. " +
  "You need to modify this function to use a supported handler signature to use Node.js 24 or later. " +
  "For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.";

function splitHandler(handler) {
  if (handler.includes("..")) {
    throw runtimeError(
      "MalformedHandlerName",
      `'${handler}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const last = path.basename(handler);
  const match = /^([^.]*)\.(.*)$/.exec(last);
  if (match === null) throw runtimeError("MalformedHandlerName", "Bad handler");
  return { folder: handler.slice(0, handler.indexOf(last)), moduleName: match[1], exportPath: match[2] };
}

/** Whether the nearest package.json makes `.js` files ES modules. */
function isModuleFolder(folder) {
  if (folder.endsWith("/node_modules")) return false;
  const file = path.join(folder, "package.json");
  if (fs.existsSync(file)) {
    try {
      return JSON.parse(fs.readFileSync(file, "utf8"))?.type === "module";
    } catch (error) {
      console.warn(`${file} cannot be read, it will be ignored for ES module detection purposes.`, error);
      return false;
    }
  }
  return folder === path.dirname(folder) ? false : isModuleFolder(path.dirname(folder));
}

function importFile(file) {
  require("./node-path.cjs").supportNodePathInImports();
  return import(require("node:url").pathToFileURL(file).href);
}

/** A promise only for an ES module: CommonJS starts without turning the event loop once. */
function loadModule(taskRoot, folder, moduleName) {
  const base = path.resolve(taskRoot, folder, moduleName);
  if (moduleName !== "" && fs.statSync(base, { throwIfNoEntry: false })?.isFile()) return require(base);
  if (fs.existsSync(`${base}.js`)) {
    return isModuleFolder(path.dirname(base)) ? importFile(`${base}.js`) : require(`${base}.js`);
  }
  if (fs.existsSync(`${base}.mjs`)) return importFile(`${base}.mjs`);
  if (fs.existsSync(`${base}.cjs`)) return require(`${base}.cjs`);
  if (moduleName !== "" && fs.existsSync(base)) return require(base);
  return require(require.resolve(moduleName, { paths: [taskRoot, path.join(taskRoot, folder)] }));
}

/** The error as AWS names it; an ES module's missing import passes as it is, as there. */
function namedError(error, nodeMajor) {
  if (error instanceof SyntaxError) {
    return runtimeError("UserCodeSyntaxError", String(error), nodeMajor >= 24 ? error.stack : undefined);
  }
  if (error?.code === "MODULE_NOT_FOUND") return runtimeError("ImportModuleError", String(error));
  return error;
}

const walk = (from, exportPath) =>
  exportPath.split(".").reduce((value, key) => (value === undefined || value === null ? undefined : value[key]), from);

function findHandler(loaded, exportPath, handler, nodeMajor) {
  const found = walk(loaded, exportPath) || (nodeMajor >= 24 && walk(loaded?.default, exportPath));
  if (!found) throw runtimeError("HandlerNotFound", `${handler} is undefined or not exported`);
  if (typeof found !== "function") throw runtimeError("HandlerNotFound", `${handler} is not a function`);
  const streaming = found[STREAMING];
  if (streaming && streaming !== "response") {
    throw runtimeError("MalformedStreamingHandler", "Only response streaming is supported.");
  }
  if (nodeMajor >= 24 && !streaming && found.length >= 3) {
    throw runtimeError("CallbackHandlerDeprecated", CALLBACK_REMOVED);
  }
  const highWaterMark = Number.parseInt(found[HIGH_WATER_MARK], 10);
  return {
    handler: found,
    streaming: Boolean(streaming),
    highWaterMark: Number.isNaN(highWaterMark) ? undefined : highWaterMark,
  };
}

/** Calls `done(error, {handler, streaming, highWaterMark?})`, at once for CommonJS. */
function loadHandler(taskRoot, handler, nodeMajor, done) {
  const finish = (loaded, exportPath) => {
    let found;
    try {
      found = findHandler(loaded, exportPath, handler, nodeMajor);
    } catch (error) {
      return done(error);
    }
    done(undefined, found);
  };
  let exportPath;
  let loaded;
  try {
    const name = splitHandler(handler);
    exportPath = name.exportPath;
    loaded = loadModule(taskRoot, name.folder, name.moduleName);
  } catch (error) {
    return done(namedError(error, nodeMajor));
  }
  if (loaded instanceof Promise) {
    loaded.then(
      (module) => finish(module, exportPath),
      (error) => done(namedError(error, nodeMajor)),
    );
  } else finish(loaded, exportPath);
}

module.exports = { STREAMING, HIGH_WATER_MARK, loadHandler };
