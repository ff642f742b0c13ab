// Says hello, and shows what a function knows about itself.
export const handler = async (event, context) => {
  console.log("greeting", event.name ?? "world");
  return {
    message: `Hello, ${event.name ?? "world"}!`,
    function: context.functionName,
    remainingMs: context.getRemainingTimeInMillis(),
  };
};
