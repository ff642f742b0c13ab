// What a function has besides its configuration: whether it may call itself, how its runtime is updated; and what no function has here.
import type * as Sdk from "@aws-sdk/client-lambda";
import type { Call } from "../../../kernel/call.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { functionNotFound, noCapacityProvider, notSupported } from "../errors.ts";
import { FUNCTIONS, type LambdaFunction } from "../function.ts";
import { admit, findFunction } from "../lookup.ts";
import { qualified, resolveUnqualified } from "../name.ts";

type Lambda = Api<typeof Sdk>;
type Operations = Pick<Lambda,
  "GetRuntimeManagementConfig" | "PutRuntimeManagementConfig" | "PutFunctionRecursionConfig" | "GetFunctionRecursionConfig" |
  "PutFunctionScalingConfig" | "GetFunctionScalingConfig">;

export function settingsOperations(ports: RoomPorts): Operations {
  const { stores } = ports;

  /** Scaling configs are for functions on capacity providers (managed instances), and there are none here. */
  const noScaling = async (input: { FunctionName: string; Qualifier: string }, call: Call, action: string): Promise<never> => {
    const { named } = await findFunction(ports, resolveUnqualified(input.FunctionName, call).arn, undefined, call, action);
    await findFunction(ports, named.arn, input.Qualifier, call, action);
    throw noCapacityProvider(named.name);
  };

  return {
    async GetRuntimeManagementConfig(input, call) {
      const { fn, named } = await findFunction(ports, input.FunctionName, input.Qualifier, call, "GetRuntimeManagementConfig");
      return { UpdateRuntimeOn: "Auto", FunctionArn: qualified(fn.arn, named.qualifier ?? "$LATEST") };
    },

    // A function runs on this machine's interpreter, whichever that is: on the newest there is, which is Auto. Nothing else would act.
    async PutRuntimeManagementConfig(input, call) {
      const { fn, named } = await findFunction(ports, input.FunctionName, input.Qualifier, call, "PutRuntimeManagementConfig");
      if (input.UpdateRuntimeOn !== "Auto") throw notSupported(`UpdateRuntimeOn ${input.UpdateRuntimeOn}`);
      if (input.RuntimeVersionArn) throw notSupported("RuntimeVersionArn");
      return { UpdateRuntimeOn: "Auto", FunctionArn: qualified(fn.arn, named.qualifier ?? "$LATEST") };
    },

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

    PutFunctionScalingConfig: (input, call) => noScaling(input, call, "PutFunctionScalingConfig"),
    GetFunctionScalingConfig: (input, call) => noScaling(input, call, "GetFunctionScalingConfig"),
  };
}
