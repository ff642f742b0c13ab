// What a function has besides its configuration: whether it may call itself.
import type * as Sdk from "@aws-sdk/client-lambda";
import type { Api, RoomPorts } from "../../service.ts";
import { functionNotFound } from "../errors.ts";
import { FUNCTIONS, type LambdaFunction } from "../function.ts";
import { admit, findFunction } from "../lookup.ts";
import { resolveUnqualified } from "../name.ts";

type Lambda = Api<typeof Sdk>;
type Operations = Pick<Lambda, "PutFunctionRecursionConfig" | "GetFunctionRecursionConfig">;

export function settingsOperations(ports: RoomPorts): Operations {
  const { stores } = ports;

  return {
    async PutFunctionRecursionConfig(input, call) {
      const named = resolveUnqualified(input.FunctionName, call);
      await admit(ports, named, call, "PutFunctionRecursionConfig");
      const fn = await stores.documents<LambdaFunction>(FUNCTIONS).update(named.id, ({ recursiveLoop: _before, ...rest }) => ({ ...rest, ...(input.RecursiveLoop === "Allow" ? { recursiveLoop: "Allow" } : {}) }));
      if (!fn) throw functionNotFound(named.arn);
      return { RecursiveLoop: input.RecursiveLoop };
    },

    async GetFunctionRecursionConfig(input, call) {
      const { fn } = await findFunction(ports, resolveUnqualified(input.FunctionName, call).arn, undefined, call, "GetFunctionRecursionConfig");
      return { RecursiveLoop: fn.recursiveLoop ?? "Terminate" };
    },
  };
}
