// Who may use a function: its resource-based policy, statement by statement and as a whole.
// https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html · https://docs.aws.amazon.com/lambda/latest/api/API_PutResourcePolicy.html
import type * as Sdk from "@aws-sdk/client-lambda";
import type { Call } from "../../../kernel/call.ts";
import type { Documents, Stores, Tx } from "../../../storage/stores.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { type Alias, ALIASES } from "../alias.ts";
import { functionNotFound } from "../errors.ts";
import { FUNCTIONS, type LambdaFunction, type Version } from "../function.ts";
import { admit } from "../lookup.ts";
import { isPublishedVersion, type Named, namedByArn, qualified, qualifiedId, resolveName } from "../name.ts";
import { checkDocument, POLICIES, statementOf, statementsOf, type StoredPolicy, withStatements } from "../policy.ts";
import { noPolicy, noPolicyFor, noPolicyToRemoveFrom, noSuchStatement, policyOnLatest, policyRevisionMismatch, statementExists, urlAuthTypeOfOtherAction } from "../policy-errors.ts";
import { VERSIONS, versionId } from "../version.ts";

type Lambda = Api<typeof Sdk>;
type Operations = Pick<Lambda, "AddPermission" | "RemovePermission" | "GetPolicy" | "PutResourcePolicy" | "GetResourcePolicy" | "DeleteResourcePolicy">;

interface Change {
  named: Named;
  /** What the caller believes to be current. */
  revisionId: string | undefined;
  /** The policy as it is to be; undefined takes it away. */
  policy(before: StoredPolicy | undefined): StoredPolicy | undefined;
}

export function permissionOperations(ports: RoomPorts): Operations {
  const { stores, ids } = ports;

  /** One transaction: the policy, and the revision of what it belongs to. */
  const change = ({ named, revisionId, policy }: Change): Promise<{ revisionId: string }> => stores.transaction(async (tx) => {
    const owner = await touch(tx, named);
    if (owner === undefined) throw functionNotFound(qualified(named.arn, named.qualifier));
    if (revisionId && revisionId !== owner.revisionId) throw policyRevisionMismatch();
    const policies = tx.documents<StoredPolicy>(POLICIES);
    const id = qualifiedId(named.id, named.qualifier);
    const after = policy(await policies.get(id));
    if (after) await policies.put(id, after);
    else await policies.delete(id);
    return { revisionId: await owner.renew(ids.uuid()) };
  });

  const read = async (named: Named, call: Call) => {
    await admit(ports, named, call, "GetPolicy");
    const owner = await ownerOf(stores, named);
    if (!owner) throw functionNotFound(qualified(named.arn, named.qualifier));
    const policy = await stores.documents<StoredPolicy>(POLICIES).get(qualifiedId(named.id, named.qualifier));
    if (!policy) throw noPolicy();
    return { Policy: policy.document, RevisionId: owner.revisionId };
  };

  return {
    async AddPermission(input, call) {
      const named = notLatest(resolveName(input.FunctionName, input.Qualifier, call));
      await admit(ports, named, call, "AddPermission");
      if (input.FunctionUrlAuthType !== undefined && input.Action !== "lambda:InvokeFunctionUrl") throw urlAuthTypeOfOtherAction();
      const statement = statementOf({
        statementId: input.StatementId, action: input.Action, principal: input.Principal, resource: qualified(named.arn, named.qualifier),
        sourceArn: input.SourceArn, sourceAccount: input.SourceAccount, eventSourceToken: input.EventSourceToken, organizationId: input.PrincipalOrgID,
        functionUrlAuthType: input.FunctionUrlAuthType, invokedViaFunctionUrl: input.InvokedViaFunctionUrl,
      });
      await change({ named, revisionId: input.RevisionId, policy: (before) => {
        const statements = statementsOf(before);
        if (statements.some(({ Sid }) => Sid === input.StatementId)) throw statementExists(input.StatementId);
        return withStatements(before, [...statements, statement]);
      } });
      return { Statement: JSON.stringify(statement) };
    },

    async RemovePermission(input, call) {
      const named = resolveName(input.FunctionName, input.Qualifier, call);
      await admit(ports, named, call, "RemovePermission");
      if (!(await stores.documents(FUNCTIONS).get(named.id))) throw noPolicyFor(named.arn);
      await change({ named: notLatest(named), revisionId: input.RevisionId, policy: (before) => {
        if (!before) throw noPolicyToRemoveFrom();
        const statements = statementsOf(before);
        const kept = statements.filter(({ Sid }) => Sid !== input.StatementId);
        if (kept.length === statements.length) throw noSuchStatement(input.StatementId);
        return kept.length > 0 ? withStatements(before, kept) : undefined;
      } });
      return {};
    },

    GetPolicy: (input, call) => read(resolveName(input.FunctionName, input.Qualifier, call), call),

    async PutResourcePolicy(input, call) {
      const named = byArn(input.ResourceArn, call);
      await admit(ports, named, call, "PutResourcePolicy");
      const policy = checkDocument(input.Policy, qualified(named.arn, named.qualifier));
      const { revisionId } = await change({ named, revisionId: input.RevisionId, policy: () => policy });
      return { Policy: policy.document, RevisionId: revisionId };
    },

    GetResourcePolicy: (input, call) => read(byArn(input.ResourceArn, call), call),

    async DeleteResourcePolicy(input, call) {
      const named = byArn(input.ResourceArn, call);
      await admit(ports, named, call, "DeleteResourcePolicy");
      await change({ named, revisionId: input.RevisionId, policy: (before) => {
        if (!before) throw noPolicy();
        return undefined;
      } });
      return {};
    },
  };
}

/** The resource-based policy of a function, version or alias. `$LATEST` is the function itself. */
export const functionPolicy = ({ stores }: Pick<RoomPorts, "stores">) => async (arn: string): Promise<string | undefined> => {
  const named = namedByArn(arn);
  return named && (await stores.documents<StoredPolicy>(POLICIES).get(qualifiedId(named.id, named.qualifier)))?.document;
};

function notLatest(named: Named): Named {
  if (named.qualifier === "$LATEST") throw policyOnLatest();
  return named;
}

const byArn = (arn: string, call: Call): Named => notLatest(resolveName(arn, undefined, call));

interface Owner { revisionId: string }

/** What the policy belongs to: the function, a version, an alias. */
async function ownerOf({ documents }: Pick<Stores, "documents">, { id, qualifier }: Named): Promise<Owner | undefined> {
  if (qualifier === undefined || qualifier === "$LATEST") return documents<LambdaFunction>(FUNCTIONS).get(id);
  if (isPublishedVersion(qualifier)) return documents<Version>(VERSIONS).get(versionId(id, qualifier));
  return documents<Alias>(ALIASES).get(qualifiedId(id, qualifier));
}

/** Holds the function for this transaction; `renew` gives the owner of the policy another revision. */
async function touch(tx: Tx, named: Named): Promise<(Owner & { renew(next: string): Promise<string> }) | undefined> {
  const fn = await tx.documents<LambdaFunction>(FUNCTIONS).update(named.id, (same) => same);
  if (!fn) return undefined;
  const { qualifier } = named;
  if (qualifier === undefined) return { revisionId: fn.revisionId, renew: (next) => renewed(tx.documents<LambdaFunction>(FUNCTIONS), named.id, next) };
  if (isPublishedVersion(qualifier)) {
    const version = await tx.documents<Version>(VERSIONS).get(versionId(named.id, qualifier));
    return version && { revisionId: version.revisionId, renew: (next) => renewed(tx.documents<Version>(VERSIONS), versionId(named.id, qualifier), next) };
  }
  const alias = await tx.documents<Alias>(ALIASES).get(qualifiedId(named.id, qualifier));
  return alias && { revisionId: alias.revisionId, renew: (next) => renewed(tx.documents<Alias>(ALIASES), qualifiedId(named.id, qualifier), next) };
}

/** What is still becoming Active is found again by its revision, and gets another one then. */
async function renewed<T extends Owner & { state?: string; lastUpdate?: string }>(documents: Pick<Documents<T>, "update">, id: string, next: string): Promise<string> {
  const after = await documents.update(id, (before) => (before.state === "Pending" || before.lastUpdate === "InProgress" ? before : { ...before, revisionId: next }));
  return after!.revisionId;
}
