// Who else may use a layer version: the statements of its policy. https://docs.aws.amazon.com/lambda/latest/api/API_AddLayerVersionPermission.html
import type * as Sdk from "@aws-sdk/client-lambda";
import type { Call } from "../../../kernel/call.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { LAYER_VERSIONS, type LayerVersion, layerVersionArn, layerVersionId, resolveLayer } from "../layer.ts";
import { layerPolicyRevisionMismatch, layerVersionNotFound, versionBelowOne } from "../layer-errors.ts";
import { admitToLayer } from "../layer-lookup.ts";
import { type PolicyStatement, statementOf, statementsOf, withStatements } from "../policy.ts";
import { noPolicyToRemoveFrom, noSuchStatement, statementExists } from "../policy-errors.ts";

type Lambda = Api<typeof Sdk>;
type Operations = Pick<Lambda, "AddLayerVersionPermission" | "RemoveLayerVersionPermission" | "GetLayerVersionPolicy">;
interface OnVersion { LayerName: string; VersionNumber: number; RevisionId?: string | undefined }

export function layerPermissionOperations(ports: RoomPorts): Operations {
  const versions = ports.stores.documents<LayerVersion>(LAYER_VERSIONS);

  const locate = async (input: OnVersion, call: Call, action: string) => {
    const named = resolveLayer(input.LayerName, call);
    const arn = layerVersionArn({ ...named, number: input.VersionNumber });
    await admitToLayer(ports, named, arn, call, action);
    if (input.VersionNumber < 1) throw versionBelowOne();
    return { arn, id: layerVersionId(named.id, input.VersionNumber) };
  };

  /** The policy's revision changes with it. No statements is no policy. */
  const change = async (input: OnVersion, { id, arn }: { id: string; arn: string }, statements: (version: LayerVersion) => PolicyStatement[]): Promise<string> => {
    const revisionId = ports.ids.uuid();
    const after = await versions.update(id, (version) => {
      if (input.RevisionId && input.RevisionId !== version.policy?.revisionId) throw layerPolicyRevisionMismatch();
      const { policy, ...rest } = version;
      const kept = statements(version);
      return kept.length > 0 ? { ...rest, policy: { ...withStatements(policy, kept), revisionId } } : rest;
    });
    if (!after) throw layerVersionNotFound(arn);
    return revisionId;
  };

  return {
    async AddLayerVersionPermission(input, call) {
      const where = await locate(input, call, "AddLayerVersionPermission");
      const statement = statementOf({ statementId: input.StatementId, action: input.Action, principal: principalIn(input.Principal), resource: where.arn, organizationId: input.OrganizationId });
      const revisionId = await change(input, where, ({ policy }) => {
        const before = statementsOf(policy);
        if (before.some(({ Sid }) => Sid === input.StatementId)) throw statementExists(input.StatementId);
        return [...before, statement];
      });
      return { Statement: JSON.stringify(statement), RevisionId: revisionId };
    },

    async RemoveLayerVersionPermission(input, call) {
      await change(input, await locate(input, call, "RemoveLayerVersionPermission"), ({ policy }) => {
        if (!policy) throw noPolicyToRemoveFrom();
        const before = statementsOf(policy);
        const kept = before.filter(({ Sid }) => Sid !== input.StatementId);
        if (kept.length === before.length) throw noSuchStatement(input.StatementId);
        return kept;
      });
      return {};
    },

    async GetLayerVersionPolicy(input, call) {
      const { id, arn } = await locate(input, call, "GetLayerVersionPolicy");
      const version = await versions.get(id);
      if (!version) throw layerVersionNotFound(arn);
      if (!version.policy) throw noPolicyToRemoveFrom();
      return { Policy: version.policy.document, RevisionId: version.policy.revisionId };
    },
  };
}

/** The root of an account stands for the account. */
const principalIn = (principal: string): string => /^arn:aws[a-zA-Z-]*:iam::(\d{12}):root$/.exec(principal)?.[1] ?? principal;
