// Reads of settings that no function has yet; what is served here is AWS's answer for a function without them.
import type * as Sdk from "@aws-sdk/client-lambda";
import type { Api, RoomPorts } from "../../service.ts";
import { findFunction } from "../lookup.ts";
import { qualified, resolveUnqualified } from "../name.ts";

type Lambda = Api<typeof Sdk>;

export function settingsOperations({ stores }: RoomPorts): Pick<Lambda, "GetFunctionCodeSigningConfig" | "GetFunctionConcurrency" | "GetRuntimeManagementConfig"> {
  return {
    async GetFunctionCodeSigningConfig(input, call) {
      const named = resolveUnqualified(input.FunctionName, call, "GetFunctionCodeSigningConfig");
      await findFunction(stores, named.name, undefined, call, "GetFunctionCodeSigningConfig");
      return { FunctionName: undefined, CodeSigningConfigArn: undefined };
    },
    async GetFunctionConcurrency(input, call) {
      const named = resolveUnqualified(input.FunctionName, call, "GetFunctionConcurrency");
      await findFunction(stores, named.name, undefined, call, "GetFunctionConcurrency");
      return {};
    },
    async GetRuntimeManagementConfig(input, call) {
      const { fn, named } = await findFunction(stores, input.FunctionName, input.Qualifier, call, "GetRuntimeManagementConfig");
      return { UpdateRuntimeOn: "Auto", FunctionArn: qualified(fn.arn, named.qualifier ?? "$LATEST") };
    },
  };
}
