// Code signing configs, and which functions have one. https://docs.aws.amazon.com/lambda/latest/api/API_CreateCodeSigningConfig.html
import type * as Sdk from "@aws-sdk/client-lambda";
import type { Api, RoomPorts } from "../../service.ts";
import {
  attachConfig, detachConfig, newConfigName, ownConfigId, SIGNED_FUNCTIONS, type SignedFunction, SIGNING_CONFIGS, type SigningConfig, shownConfig,
} from "../code-signing.ts";
import { functionsConfigMissing, signingConfigInUse, signingConfigNotFound, signingOfImages } from "../code-signing-errors.ts";
import { functionNotFound } from "../errors.ts";
import { FUNCTIONS, type LambdaFunction } from "../function.ts";
import { admit, findFunction } from "../lookup.ts";
import { documentId, type Named, resolveUnqualified } from "../name.ts";
import { listPage } from "../page.ts";
import { checkTags } from "../tags.ts";

type Lambda = Api<typeof Sdk>;
type Operations = Pick<Lambda,
  "CreateCodeSigningConfig" | "UpdateCodeSigningConfig" | "GetCodeSigningConfig" | "DeleteCodeSigningConfig" | "ListCodeSigningConfigs" |
  "PutFunctionCodeSigningConfig" | "GetFunctionCodeSigningConfig" | "DeleteFunctionCodeSigningConfig" | "ListFunctionsByCodeSigningConfig">;

export function codeSigningOperations(ports: RoomPorts): Operations {
  const { stores } = ports;
  const configs = stores.documents<SigningConfig>(SIGNING_CONFIGS);

  /** One transaction: what the function says it has, and the list of functions that have it. */
  const giveConfig = (named: Named, configArn: string | undefined): Promise<void> => stores.transaction(async (tx) => {
    const functions = tx.documents<LambdaFunction>(FUNCTIONS);
    const fn = await functions.update(named.id, (same) => same);
    if (!fn) throw functionNotFound(named.arn);
    if (configArn !== undefined && fn.code.image) throw signingOfImages();
    await detachConfig(tx, fn);
    if (configArn !== undefined) await attachConfig(tx, fn, configArn);
    const { codeSigningConfigArn: _before, ...rest } = fn;
    await functions.put(named.id, { ...rest, ...(configArn === undefined ? {} : { codeSigningConfigArn: configArn }) });
  });

  return {
    async CreateCodeSigningConfig(input, call) {
      const { id, configId, arn } = newConfigName(ports.ids, call);
      const config: SigningConfig = {
        configId, arn, description: input.Description ?? "", publishers: input.AllowedPublishers.SigningProfileVersionArns!,
        policy: input.CodeSigningPolicies?.UntrustedArtifactOnDeployment ?? "Warn", tags: checkTags(input.Tags ?? {}), modifiedMs: call.now.getTime(),
      };
      await configs.put(id, config);
      return { CodeSigningConfig: shownConfig(config) };
    },

    async UpdateCodeSigningConfig(input, call) {
      const id = ownConfigId(input.CodeSigningConfigArn, call);
      const after = id && (await configs.update(id, (before) => ({
        ...before,
        description: input.Description ?? before.description,
        publishers: input.AllowedPublishers?.SigningProfileVersionArns ?? before.publishers,
        policy: input.CodeSigningPolicies?.UntrustedArtifactOnDeployment ?? before.policy,
        modifiedMs: call.now.getTime(),
      })));
      if (!after) throw signingConfigNotFound(input.CodeSigningConfigArn);
      return { CodeSigningConfig: shownConfig(after) };
    },

    async GetCodeSigningConfig(input, call) {
      const id = ownConfigId(input.CodeSigningConfigArn, call);
      const config = id && (await configs.get(id));
      if (!config) throw signingConfigNotFound(input.CodeSigningConfigArn);
      return { CodeSigningConfig: shownConfig(config) };
    },

    async DeleteCodeSigningConfig(input, call) {
      const id = ownConfigId(input.CodeSigningConfigArn, call);
      await stores.transaction(async (tx) => {
        const found = id && (await tx.documents<SigningConfig>(SIGNING_CONFIGS).update(id, (same) => same)); // locks it against attachConfig
        if (!found) throw signingConfigNotFound(input.CodeSigningConfigArn);
        if ((await tx.documents(SIGNED_FUNCTIONS).list({ prefix: `${id}/`, limit: 1 })).length > 0) throw signingConfigInUse(input.CodeSigningConfigArn);
        await tx.documents(SIGNING_CONFIGS).delete(id);
      });
      return {};
    },

    async ListCodeSigningConfigs(input, call) {
      const { found, next } = await listPage<SigningConfig>(stores, { kind: SIGNING_CONFIGS, prefix: documentId(call.account, call.region, ""), marker: input.Marker, maxItems: input.MaxItems });
      return { CodeSigningConfigs: found.map(shownConfig), ...(next === undefined ? {} : { NextMarker: next }) };
    },

    async ListFunctionsByCodeSigningConfig(input, call) {
      const id = ownConfigId(input.CodeSigningConfigArn, call);
      if (id === undefined || !(await configs.get(id))) throw signingConfigNotFound(input.CodeSigningConfigArn);
      const { found, next } = await listPage<SignedFunction>(stores, { kind: SIGNED_FUNCTIONS, prefix: `${id}/`, marker: input.Marker, maxItems: input.MaxItems });
      return { FunctionArns: found.map(({ arn }) => arn), ...(next === undefined ? {} : { NextMarker: next }) };
    },

    async PutFunctionCodeSigningConfig(input, call) {
      const named = resolveUnqualified(input.FunctionName, call);
      await admit(ports, named, call, "PutFunctionCodeSigningConfig");
      const id = ownConfigId(input.CodeSigningConfigArn, call);
      // Asked first: it is named even where the function is missing, too (observed).
      if (id === undefined || !(await configs.get(id))) throw functionsConfigMissing(input.CodeSigningConfigArn);
      await giveConfig(named, input.CodeSigningConfigArn);
      return { CodeSigningConfigArn: input.CodeSigningConfigArn, FunctionName: named.name };
    },

    // A function without one is answered with nothing at all (observed).
    async GetFunctionCodeSigningConfig(input, call) {
      const { fn } = await findFunction(ports, resolveUnqualified(input.FunctionName, call).arn, undefined, call, "GetFunctionCodeSigningConfig");
      const has = fn.codeSigningConfigArn !== undefined;
      return { CodeSigningConfigArn: fn.codeSigningConfigArn, FunctionName: has ? fn.name : undefined };
    },

    async DeleteFunctionCodeSigningConfig(input, call) {
      const named = resolveUnqualified(input.FunctionName, call);
      await admit(ports, named, call, "DeleteFunctionCodeSigningConfig");
      await giveConfig(named, undefined);
      return {};
    },
  };
}
