// From typing the command to the first answered request, and what an idle Evoke weighs.
import { ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { lambdaAt } from "./function.ts";
import { median, rssMb, serveEvoke, timeOf } from "./process.ts";
import type { Row } from "./run.ts";

export async function startUp(quick: boolean): Promise<Row[]> {
  const [starts, firsts, memory, floor]: number[][] = [[], [], [], []] as never;
  for (let round = 0; round < (quick ? 3 : 9); round++) {
    const began = performance.now();
    const evoke = await serveEvoke();
    const lambda = lambdaAt(evoke.url);
    try {
      await lambda.send(new ListFunctionsCommand({}));
      firsts!.push(performance.now() - began);
      starts!.push(evoke.startMs);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      memory!.push(rssMb(evoke.child.pid!));
    } finally {
      lambda.destroy();
      await evoke.stop();
    }
    floor!.push(await timeOf(process.execPath, ["-e", "0"]));
  }
  const [first, floorMs, mb] = [median(firsts!), median(floor!), median(memory!)];
  return [
    { what: "start to first answered request (ListFunctions)", evoke: `${first.toFixed(0)} ms (listening after ${median(starts!).toFixed(0)})`, floor: `${floorMs.toFixed(0)} ms (bare node -e 0)`, ratio: (first / floorMs).toFixed(2), bar: "≤ 400 ms", met: first <= 400 },
    { what: "idle memory", evoke: `${mb.toFixed(0)} MB`, floor: "", ratio: "", bar: "≤ 90 MB", met: mb <= 90 },
  ];
}
