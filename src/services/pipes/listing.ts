// Pipes, page by page. https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_ListPipes.html
import type * as Sdk from "@aws-sdk/client-pipes";
import { decodePageToken, encodePageToken } from "../../kernel/page.ts";
import type { Api, RoomPorts } from "../service.ts";
import { badNextToken } from "./errors.ts";
import { listedPipe, type Pipe, pipeId, PIPES } from "./pipe.ts";

const PAGE_MAX = 100;

export function listOperation({ stores }: RoomPorts): Pick<Api<typeof Sdk>, "ListPipes"> {
  const pipes = stores.documents<Pipe>(PIPES);
  return {
    async ListPipes({ NamePrefix = "", SourcePrefix = "", TargetPrefix = "", DesiredState, CurrentState, Limit = PAGE_MAX, NextToken }, { account, region }) {
      const last = NextToken === undefined ? undefined : decodePageToken(NextToken);
      if (NextToken !== undefined && (last === undefined || !/^[.\-_A-Za-z0-9]{1,64}$/.test(last))) throw badNextToken();
      const isWanted = ({ source, target, desiredState, state }: Pipe): boolean =>
        source.startsWith(SourcePrefix) && target.startsWith(TargetPrefix) && (DesiredState === undefined || desiredState === DesiredState) && (CurrentState === undefined || state === CurrentState);
      const prefix = pipeId({ account, region, name: NamePrefix });
      const shown: Pipe[] = [];
      for (let after = last === undefined ? undefined : pipeId({ account, region, name: last }); ;) {
        const rows = await pipes.list({ prefix, limit: PAGE_MAX, ...(after === undefined ? {} : { after }) });
        for (const [, pipe] of rows) {
          if (!isWanted(pipe)) continue;
          if (shown.length === Limit) return { Pipes: shown.map(listedPipe), NextToken: encodePageToken(shown.at(-1)!.name) };
          shown.push(pipe);
        }
        if (rows.length < PAGE_MAX) return { Pipes: shown.map(listedPipe) };
        after = rows.at(-1)![0];
      }
    },
  };
}
