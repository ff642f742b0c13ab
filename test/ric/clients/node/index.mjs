// A function on AWS's Node.js client: echoes, fails when asked to; `stream` answers as a stream.
export const handler = async (event, context) => {
  if (event.fail) throw new Error(event.fail);
  return { echo: event.echo, requestId: context.awsRequestId, arn: context.invokedFunctionArn };
};

export const stream = awslambda.streamifyResponse(async (event, response) => {
  response.setContentType("text/plain");
  response.write(event.stream);
  if (event.fail) throw new Error(event.fail);
  response.end();
});
