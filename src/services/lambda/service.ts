// AWS Lambda: functions, their code and settings, and invoking them. What runs them is the engine, behind the ports.
// https://docs.aws.amazon.com/lambda/latest/api/
import { defineService } from "../service.ts";
import { functionOperations } from "./operations/function.ts";
import { invokeOperations } from "./operations/invoke.ts";
import { settingsOperations } from "./operations/settings.ts";
import { tagOperations } from "./operations/tags.ts";
import { updateOperations } from "./operations/update.ts";
import { finishTransitions } from "./transitions.ts";
import { openUnusedCode } from "./unused-code.ts";

export const lambda = defineService<typeof import("@aws-sdk/client-lambda")>({
  name: "lambda",
  client: "@aws-sdk/client-lambda",
  open(ports) {
    const unused = openUnusedCode(ports);
    ports.background("lambda transitions", (signal) => finishTransitions(ports, signal));
    ports.background("lambda unused code", (signal) => unused.run(signal));
    return {
      ...functionOperations(ports, unused),
      ...updateOperations(ports, unused),
      ...tagOperations(ports),
      ...settingsOperations(ports),
      ...invokeOperations(ports),
    };
  },
});
