// Publishing versions and listing them. https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html
import type * as Sdk from "@aws-sdk/client-lambda";
import type { Api, RoomPorts } from "../../service.ts";
import { functionNotFound } from "../errors.ts";
import { configuration, FUNCTIONS, type LambdaFunction, listedConfiguration, type Version } from "../function.ts";
import { admit, findFunction } from "../lookup.ts";
import { resolveUnqualified } from "../name.ts";
import { listPage } from "../page.ts";
import { checkPublishTo, publish } from "../publish.ts";
import { shownRuntime } from "../runtime-management.ts";
import { assertPublishable, VERSIONS } from "../version.ts";

type Lambda = Api<typeof Sdk>;

export function versionOperations(ports: RoomPorts): Pick<Lambda, "PublishVersion" | "ListVersionsByFunction"> {
  const { stores, ids } = ports;
  return {
    async PublishVersion(input, call) {
      const named = resolveUnqualified(input.FunctionName, call);
      await admit(ports, named, call, "PublishVersion");
      const { version } = await stores.transaction(async (tx) => {
        const fn = await tx.documents<LambdaFunction>(FUNCTIONS).update(named.id, (before) => {
          checkPublishTo({ ...input, Publish: true }, before.settings);
          assertPublishable(before, { codeSha256: input.CodeSha256, revisionId: input.RevisionId });
          return before;
        });
        if (!fn) throw functionNotFound(named.arn);
        return publish(tx, ids, fn, { description: input.Description, nowMs: call.now.getTime(), to: input.PublishTo });
      });
      return { ...configuration(version, version.version), ...(await shownRuntime(ports, version)) };
    },

    async ListVersionsByFunction(input, call) {
      const { fn, named } = await findFunction(ports, input.FunctionName, undefined, call, "ListVersionsByFunction");
      const page = await listPage<Version>(stores, { kind: VERSIONS, prefix: `${named.id}/`, marker: input.Marker, maxItems: input.MaxItems, first: "$LATEST" });
      const versions = page.isFirst ? [fn, ...page.found] : page.found;
      return { Versions: versions.map((version) => listedConfiguration(version, version.version)), ...(page.next ? { NextMarker: page.next } : {}) };
    },
  };
}
