// What enforcing IAM costs a warm invoke: in one server with --iam enforce, a user with one policy for one function, and the account's root, in turn.
// One server and not two, because two processes of the same code differ by up to 10 % in what they do in a second, and a check costs far less.
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
/** A key nobody issued is the account's root in development. */
const ROOT_KEY = "test";
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
  const server = await serveEvoke("--iam", "enforce");
  try {
    const key = await prepare(server);
    const ratios: number[] = [];
    const perSecond: [number[], number[]] = [[], []];
    const costUs: number[] = [];
    for (let round = 0; round < (quick ? 8 : 40); round++) {
      const inTurn: [number, number] = [0, 0];
      // The order changes from round to round, so that neither always runs on the warmer machine.
      for (const index of round % 2 === 0 ? [0, 1] as const : [1, 0] as const) {
        const before = cpuMs(server.child.pid!);
        const one = await load(server.url, `/2015-03-31/functions/${NAME}/invocations`, CONNECTIONS, 0.5, "", [ROOT_KEY, key][index]!);
        if (one.failures > 0) throw new Error(`${one.failures} invokes failed`);
        inTurn[index] = one.perSecond;
        perSecond[index].push(one.perSecond);
        if (index === 0) costUs.push(((cpuMs(server.child.pid!) - before) / one.all) * 1000);
      }
      if (round >= WARM_ROUNDS) ratios.push(inTurn[1] / inTurn[0]); // neighbours in time: the machine's mood is in both
    }
    const [root, user] = perSecond.map((each) => Math.round(median(each.slice(WARM_ROUNDS)))) as [number, number];
    const ratio = median(ratios);
    const checkUs = await timeOfCheck(quick);
    return [
      { what: `warm invokes of a user with a policy, --iam enforce, ${CONNECTIONS} connections`, evoke: `${user}/s`, floor: `${root}/s (the same server, the account's root, of whom no policy is asked)`, ratio: ratio.toFixed(3), bar: "≥ 0.95", met: ratio >= 0.95 },
      { what: "the check alone", evoke: `${checkUs.toFixed(2)} µs`, floor: `${median(costUs.slice(WARM_ROUNDS)).toFixed(1)} µs (CPU time of Evoke per invoke)`, ratio: "", bar: "", met: undefined },
    ];
  } finally {
    await server.stop();
  }
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(await policyCost(process.argv.includes("--quick")))}\n`);
