// What each operation needs to be permitted: all are on "*", and what is put can be limited to namespaces.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
import type * as Sdk from "@aws-sdk/client-cloudwatch";
import type { AccessRule } from "../../ports/access.ts";
import type { Api } from "../service.ts";

export const access: Partial<Record<keyof Api<typeof Sdk>, AccessRule>> = {
  PutMetricData: { context: ({ Namespace }: { Namespace: string }) => ({ "cloudwatch:namespace": Namespace }) },
};
