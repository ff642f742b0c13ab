// What policies may ask about a mapping that exists: its tags, and whose function it is of.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html (lambda:FunctionArn)
import type { RoomPorts } from "../../service.ts";
import { type Mapping, mappingIdOf, MAPPINGS } from "./mapping.ts";

async function find({ stores }: Pick<RoomPorts, "stores">, arn: string): Promise<Mapping | undefined> {
  const id = mappingIdOf(arn);
  return id === undefined ? undefined : stores.documents<Mapping>(MAPPINGS).get(id);
}

export const mappingTags = (ports: Pick<RoomPorts, "stores">) => async (arn: string): Promise<Record<string, string> | undefined> => (await find(ports, arn))?.tags;

export const mappingStanding = (ports: Pick<RoomPorts, "stores">) => async (_action: string, arn: string): Promise<Record<string, string> | undefined> => {
  const mapping = await find(ports, arn);
  return mapping && { "lambda:FunctionArn": mapping.functionArn };
};
