// What enforcing IAM costs a warm invoke: a user with one policy for one function, with --iam enforce and off in turn.
// On its own: node bench/policy.ts [--quick]
import { IAM } from "@aws-sdk/client-iam";
import { lambdaAt, makeFunction, timeInvoke } from "./function.ts";
import { load, median, serveEvoke, type Server } from "./process.ts";
import type { Row } from "./run.ts";

const NAME = "echo-policy";
const CONNECTIONS = 32;
const ACCOUNT = "000000000000";

/** Answers the access key of a user who may invoke the function and nothing else. */
async function prepare({ url }: Server): Promise<string> {
  const iam = new IAM({ endpoint: url, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } });
  const lambda = lambdaAt(url);
  try {
    await iam.createRole({ RoleName: "bench", AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }] }) });
    await makeFunction(lambda, NAME, "node");
    await timeInvoke(lambda, NAME);
    await iam.createUser({ UserName: "ann" });
    await iam.putUserPolicy({ UserName: "ann", PolicyName: "invoke", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "lambda:InvokeFunction", Resource: `arn:aws:lambda:us-east-1:${ACCOUNT}:function:${NAME}` }] }) });
    return (await iam.createAccessKey({ UserName: "ann" })).AccessKey!.AccessKeyId!;
  } finally {
    iam.destroy();
    lambda.destroy();
  }
}

export async function policyCost(quick: boolean): Promise<Row[]> {
  const servers = await Promise.all(["off", "enforce"].map((mode) => serveEvoke("--iam", mode)));
  try {
    const keys = await Promise.all(servers.map(prepare));
    const perSecond: [number[], number[]] = [[], []];
    for (let round = 0; round < (quick ? 4 : 8); round++) {
      // The order changes from round to round, so that neither always runs on the warmer machine.
      for (const index of round % 2 === 0 ? [0, 1] : [1, 0]) {
        const one = await load(servers[index]!.url, `/2015-03-31/functions/${NAME}/invocations`, CONNECTIONS, quick ? 1 : 2, "", keys[index]!);
        if (one.failures > 0) throw new Error(`${one.failures} invokes failed`);
        perSecond[index as 0 | 1].push(one.perSecond);
      }
    }
    const [off, enforce] = [median(perSecond[0]), median(perSecond[1])];
    return [{ what: `warm node invokes per second of a user with a policy, --iam enforce, ${CONNECTIONS} connections`, evoke: `${Math.round(enforce)}`, floor: `${Math.round(off)} (--iam off)`, ratio: (enforce / off).toFixed(3), bar: "≥ 0.95", met: enforce / off >= 0.95 }];
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(await policyCost(process.argv.includes("--quick")))}\n`);
