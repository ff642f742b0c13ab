// AWS Lambda: functions, their code and settings, and invoking them. What runs them is the engine, behind the ports.
// https://docs.aws.amazon.com/lambda/latest/api/
import type * as Sdk from "@aws-sdk/client-lambda";
import { defineService } from "../service.ts";
import { functionOperations } from "./operations/function.ts";
import { invokeOperations } from "./operations/invoke.ts";
import { listOperations } from "./operations/list.ts";
import { settingsOperations } from "./operations/settings.ts";
import { tagOperations } from "./operations/tags.ts";
import { updateOperations } from "./operations/update.ts";
import { finishTransitions } from "./transitions.ts";
import { openUnusedCode } from "./unused-code.ts";

export const lambda = defineService<typeof Sdk>({
  name: "lambda",
  client: "@aws-sdk/client-lambda",
  open(ports) {
    const unused = openUnusedCode(ports);
    ports.background("lambda transitions", (signal) => finishTransitions(ports, signal));
    ports.background("lambda unused code", (signal) => unused.run(signal));
    return {
      ...functionOperations(ports, unused),
      ...listOperations(ports),
      ...updateOperations(ports, unused),
      ...tagOperations(ports),
      ...settingsOperations(ports),
      ...invokeOperations(ports),
    };
  },
});
