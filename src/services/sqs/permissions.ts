// AddPermission and RemovePermission: statements in the queue's own policy. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html
import { partitionOf } from "../../kernel/arn.ts";
import { withAttributes } from "./attributes.ts";
import { changeQueue } from "./change.ts";
import { invalidAction, invalidLabel, labelExists, labelNotThere, missingParameter, tooManyActions, unverifiedAccounts } from "./errors.ts";
import type { Operations, Parts } from "./parts.ts";
import { arnOf, type Queue } from "./queue.ts";

interface Policy {
  Version?: string;
  Id?: string;
  Statement?: unknown;
}

const ACTIONS_MAX = 7;
/** Those that another account can be given; an account's own operations are no part of it. */
const ACTIONS = ["*", "SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes", "GetQueueUrl", "ListDeadLetterSourceQueues", "PurgeQueue"];
const LABEL = /^[A-Za-z0-9_-]{1,80}$/;
const ACCOUNT = /^\d{12}$/;

const one = <T>(list: T[]): T | T[] => (list.length === 1 ? list[0]! : list);
const sidOf = (statement: unknown): unknown => (statement as { Sid?: unknown }).Sid;

export const permissions = (parts: Parts) => ({
  async AddPermission(input, call) {
    const queue = await parts.lookup.own(input.QueueUrl, call, "AddPermission");
    const { Label: label, AWSAccountIds: accounts, Actions: actions } = input;
    if (!LABEL.test(label)) throw invalidLabel(label);
    if (actions.length === 0) throw missingParameter("Actions");
    if (actions.length > ACTIONS_MAX) throw tooManyActions(actions.length);
    const unknown = actions.find((action) => !ACTIONS.includes(action));
    if (unknown !== undefined) throw invalidAction(unknown);
    if (accounts.length === 0 || !accounts.every((account) => ACCOUNT.test(account))) throw unverifiedAccounts(accounts);
    const principals = accounts.map((account) => `arn:${partitionOf(queue.region)}:iam::${account}:root`);
    const statement = { Sid: label, Effect: "Allow", Principal: { AWS: one(principals) }, Action: one(actions.map((action) => `SQS:${action}`)), Resource: arnOf(queue) };
    await changeStatements(parts, queue, (statements) => {
      if (statements.some((other) => sidOf(other) === label)) throw labelExists(label);
      return [...statements, statement];
    });
    return {};
  },

  async RemovePermission(input, call) {
    const queue = await parts.lookup.own(input.QueueUrl, call, "RemovePermission");
    await changeStatements(parts, queue, (statements) => {
      const left = statements.filter((statement) => sidOf(statement) !== input.Label);
      if (left.length === statements.length) throw labelNotThere(input.Label);
      return left;
    });
    return {};
  },
}) satisfies Operations;

/** A policy without statements is none. */
async function changeStatements(parts: Parts, queue: Queue, change: (statements: unknown[]) => unknown[]): Promise<void> {
  await changeQueue(parts, queue, (now) => {
    const policy = (now.policy === undefined ? { Version: "2008-10-17", Id: `${arnOf(now)}/SQSDefaultPolicy` } : JSON.parse(now.policy)) as Policy;
    const existing = policy.Statement === undefined ? [] : Array.isArray(policy.Statement) ? policy.Statement : [policy.Statement];
    const statements = change(existing);
    return withAttributes(now, { Policy: statements.length > 0 ? JSON.stringify({ ...policy, Statement: statements }) : "" });
  });
}
