exports.handler = async () => "nested";
