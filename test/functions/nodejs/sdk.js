require("@aws-sdk/client-not-here"); exports.handler = async () => {};
