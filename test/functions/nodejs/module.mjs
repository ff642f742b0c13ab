// What an ES module handler can be, one export each; driven by runtimes/nodejs/bootstrap.test.ts.
export const handler = async () => "mjs";
