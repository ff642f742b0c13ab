// What a CommonJS handler can be, one export each; driven by runtimes/nodejs/bootstrap.test.ts.
exports.handler = async () => "cjs";
