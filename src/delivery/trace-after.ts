// The trace header that goes on with what a function's run leads to. Loops through destinations are found by it, as those through a function's own calls are.
import { extendLineage, functionHash } from "../kernel/trace.ts";

/** `ran`: the function itself becomes part of the lineage, as it does in the header its own code sees. */
export function traceAfter(header: string, functionArn: string, ran: boolean): string {
  if (!ran) return header;
  const fields = header.split(";").filter((field) => !field.startsWith("Lineage="));
  return `${fields.join(";")};Lineage=${extendLineage(header, functionHash(functionArn)).lineage}`;
}
