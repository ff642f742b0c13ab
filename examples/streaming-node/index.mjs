// Answers piece by piece: try `evoke invoke streaming-node --stream --event event.json` with {"count": 5}.
import { setTimeout as sleep } from "node:timers/promises";

export const handler = awslambda.streamifyResponse(async (event, stream) => {
  stream.setContentType("text/plain");
  for (let n = 1; n <= (event.count ?? 3); n++) {
    stream.write(`${n}\n`);
    await sleep(20);
  }
  stream.end("done\n");
});
