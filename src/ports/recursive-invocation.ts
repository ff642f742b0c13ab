// Thrown by the engine when a function has called itself too often, directly or in a ring; the Lambda room answers RecursiveInvocationException.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html

export class RecursiveInvocation extends Error {
  constructor() {
    super("This function has been invoked in a loop");
    this.name = "RecursiveInvocation";
  }
}
