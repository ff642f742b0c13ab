// Tags of pipes. https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_TagResource.html
import type * as Sdk from "@aws-sdk/client-pipes";
import type { Call } from "../../kernel/call.ts";
import type { Api, RoomPorts } from "../service.ts";
import { pipeNotFound, tooManyTags } from "./errors.ts";
import { type Pipe, pipeByArn, pipeId, type PipeKey, PIPES } from "./pipe.ts";

type TagApi = Pick<Api<typeof Sdk>, "TagResource" | "UntagResource" | "ListTagsForResource">;
type Tags = Record<string, string>;

const TAGS_MAX = 50;

/** What there is with these over it. */
export function checkedTags(existing: Tags, given: Tags): Tags {
  const tags = { ...existing, ...given };
  if (Object.keys(tags).length > TAGS_MAX) throw tooManyTags(TAGS_MAX);
  return tags;
}

export function tagOperations({ stores }: RoomPorts): TagApi {
  const pipes = stores.documents<Pipe>(PIPES);
  const change = async (arn: string, call: Call, to: (tags: Tags) => Tags) => {
    const key = ownPipe(arn, call);
    if (!(await pipes.update(pipeId(key), (pipe) => ({ ...pipe, tags: to(pipe.tags) })))) throw pipeNotFound(key.name);
    return {};
  };
  return {
    TagResource: ({ resourceArn, tags }, call) => change(resourceArn, call, (existing) => checkedTags(existing, tags)),
    UntagResource: ({ resourceArn, tagKeys }, call) => change(resourceArn, call, (existing) => Object.fromEntries(Object.entries(existing).filter(([key]) => !tagKeys.includes(key)))),
    async ListTagsForResource({ resourceArn }, call) {
      const key = ownPipe(resourceArn, call);
      const pipe = await pipes.get(pipeId(key));
      if (!pipe) throw pipeNotFound(key.name);
      return { tags: pipe.tags };
    },
  };
}

/** Another account's or region's are not there. */
function ownPipe(arn: string, { account, region }: Call): PipeKey {
  const key = pipeByArn(arn);
  if (key?.account !== account || key.region !== region) throw pipeNotFound(key?.name ?? arn);
  return key;
}
