// What every protocol implements, and what it is given.
import type { WireRequest, WireResponse } from "./http.ts";
import type { DescribedError } from "./described-error.ts";
import type { InputPlan, OutputPlan } from "./http-bindings.ts";
import type { Operation, ServiceModel } from "./service-model.ts";

/** An operation with everything worked out that does not depend on the request. */
export interface PlannedOperation {
  operation: Operation;
  input: InputPlan;
  output: OutputPlan;
}

export interface Asked {
  request: WireRequest;
  query: URLSearchParams;
  /** Path labels by member name, the bucket included (REST only). */
  labels: Record<string, string>;
  /** The parsed form (query protocols only). */
  form?: URLSearchParams;
}

export interface Protocol {
  read(model: ServiceModel, planned: PlannedOperation, asked: Asked): Promise<Record<string, unknown>>;
  write(model: ServiceModel, planned: PlannedOperation, output: Record<string, unknown>, requestId: string): WireResponse;
  writeError(model: ServiceModel, error: DescribedError, requestId: string): WireResponse;
}
