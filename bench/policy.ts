// What enforcing IAM costs a warm invoke: a user with one policy for one function, with --iam enforce and off in turn.
// Two servers differ by more than a check costs, in what they do in a second and in CPU time per invoke (the same one twice: up to 10 %). So the bar is on
// the check itself, as the gateway asks it (authorize), over the CPU time of a whole invoke; the two servers are shown beside it.
// On its own: node bench/policy.ts [--quick]
import { IAM } from "@aws-sdk/client-iam";
import { openAccess } from "../src/access/access.ts";
import { authorize } from "../src/gateway/authorize.ts";
import type { Call } from "../src/kernel/call.ts";
import { openIdentityPolicies } from "../src/services/iam/identity-policies.ts";
import { iam as iamRoom } from "../src/services/iam/service.ts";
import { access } from "../src/services/lambda/access.ts";
import { openRoom } from "../test/support/room.ts";
import { lambdaAt, makeFunction, timeInvoke } from "./function.ts";
import { cpuMs, load, median, serveEvoke, type Server } from "./process.ts";
import type { Row } from "./run.ts";

const NAME = "echo-policy";
const CONNECTIONS = 32;
/** While their code is optimised. */
const WARM_ROUNDS = 2;
const ACCOUNT = "000000000000";
const POLICY = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "lambda:InvokeFunction", Resource: `arn:aws:lambda:us-east-1:${ACCOUNT}:function:${NAME}` }] });
const BATCH = 10_000;
const NEVER = new AbortController().signal;

/** Answers the access key of a user who may invoke the function and nothing else. */
async function prepare({ url }: Server): Promise<string> {
  const iam = new IAM({ endpoint: url, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } });
  const lambda = lambdaAt(url);
  try {
    await iam.createRole({ RoleName: "bench", AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }] }) });
    await makeFunction(lambda, NAME, "node");
    await timeInvoke(lambda, NAME);
    await iam.createUser({ UserName: "ann" });
    await iam.putUserPolicy({ UserName: "ann", PolicyName: "invoke", PolicyDocument: POLICY });
    return (await iam.createAccessKey({ UserName: "ann" })).AccessKey!.AccessKeyId!;
  } finally {
    iam.destroy();
    lambda.destroy();
  }
}

/** Median of many batches, in microseconds; with the finding of policies once a second, as in a server. */
async function timeOfCheck(quick: boolean): Promise<number> {
  const room = await openRoom(iamRoom);
  try {
    const iam = new IAM(room.clientConfig);
    const { User } = await iam.createUser({ UserName: "ann" });
    await iam.putUserPolicy({ UserName: "ann", PolicyName: "invoke", PolicyDocument: POLICY });
    iam.destroy();
    const { stores, clock, log } = room.ports;
    const gatekeeper = openAccess({ mode: "enforce", identityPolicies: openIdentityPolicies({ stores }), resourcePolicy: async () => undefined, resourceTags: async () => undefined, clock, log });
    const principal = { arn: User!.Arn!, accountId: ACCOUNT, userId: User!.UserId!, accessKeyId: "AKIA", verified: true };
    const batches: number[] = [];
    for (let batch = 0; batch < (quick ? 50 : 200); batch++) {
      const began = performance.now();
      for (let n = 0; n < BATCH; n++) {
        const call: Call = { account: ACCOUNT, region: "us-east-1", requestId: "", now: new Date(), signal: NEVER, sourceIp: "127.0.0.1", userAgent: "", host: "", principal };
        const refused = authorize(gatekeeper, { prefix: "lambda", rules: access }, "Invoke", { FunctionName: NAME }, call);
        if ((refused instanceof Promise ? await refused : refused) !== undefined) throw new Error("the check refused");
      }
      batches.push(((performance.now() - began) / BATCH) * 1000);
    }
    return median(batches.slice(batches.length >> 2));
  } finally {
    await room.close();
  }
}

export async function policyCost(quick: boolean): Promise<Row[]> {
  const servers = await Promise.all(["off", "enforce"].map((mode) => serveEvoke("--iam", mode)));
  try {
    const keys = await Promise.all(servers.map(prepare));
    const ratios: number[] = [];
    const us: [number[], number[]] = [[], []];
    for (let round = 0; round < (quick ? 8 : 24); round++) {
      const inTurn: [number, number] = [0, 0];
      // The order changes from round to round, so that neither always runs on the warmer machine.
      for (const index of round % 2 === 0 ? [0, 1] as const : [1, 0] as const) {
        const { url, child } = servers[index]!;
        const before = cpuMs(child.pid!);
        const one = await load(url, `/2015-03-31/functions/${NAME}/invocations`, CONNECTIONS, 0.5, "", keys[index]!);
        if (one.failures > 0) throw new Error(`${one.failures} invokes failed`);
        inTurn[index] = ((cpuMs(child.pid!) - before) / one.all) * 1000;
        us[index].push(inTurn[index]);
      }
      if (round >= WARM_ROUNDS) ratios.push(inTurn[0] / inTurn[1]); // neighbours in time: the machine's mood is in both
    }
    const [ratio, off, enforce] = [median(ratios), ...us.map((each) => median(each.slice(WARM_ROUNDS)))] as [number, number, number];
    const checkUs = await timeOfCheck(quick);
    const left = off / (off + checkUs);
    return [
      { what: "an enforced policy check of an invoke", evoke: `${checkUs.toFixed(2)} µs`, floor: `${off.toFixed(1)} µs (CPU time of Evoke per invoke, --iam off)`, ratio: left.toFixed(3), bar: "≥ 0.95", met: left >= 0.95 },
      { what: `CPU time per warm node invoke of a user with a policy, --iam enforce, ${CONNECTIONS} connections`, evoke: `${enforce.toFixed(1)} µs`, floor: `${off.toFixed(1)} µs (--iam off)`, ratio: ratio.toFixed(3), bar: "", met: undefined },
    ];
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(await policyCost(process.argv.includes("--quick")))}\n`);
