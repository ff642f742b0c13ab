require("not-installed"); exports.handler = async () => {};
