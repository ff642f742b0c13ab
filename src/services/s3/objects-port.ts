// Objects as other rooms read them: as GetObject does, with the caller's permission. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
import type { Call } from "../../kernel/call.ts";
import { ServiceError } from "../../kernel/errors.ts";
import type { FoundObject, ObjectName } from "../../ports/objects.ts";
import type { RoomPorts } from "../service.ts";
import { checkCustomerKey } from "./encryption.ts";
import { accessDenied, permanentRedirect } from "./errors.ts";
import { objectArn } from "./names.ts";
import { type Parts, partsOf } from "./parts.ts";
import { found } from "./reading.ts";
import { checkReadable } from "./restore.ts";

/** `Objects.find`. */
export async function findObject(ports: RoomPorts, name: ObjectName, call: Call): Promise<FoundObject> {
  const parts = partsOf(ports);
  await admit(parts, name, call);
  const { object } = await found(parts, { Bucket: name.bucket, Key: name.key, VersionId: name.versionId }, call, "GetObject", "GET");
  checkReadable(object);
  checkCustomerKey(object, {});
  return { sizeBytes: object.sizeBytes, read: () => parts.bodies.read(object.body, { start: 0, end: object.sizeBytes }) };
}

/** What comes before an operation: the region, and the permission the gateway asks for. Of another account's bucket `found` asks always. */
async function admit({ buckets, access }: Parts, { bucket: name, key, versionId }: ObjectName, call: Call): Promise<void> {
  const bucket = await buckets.get(name);
  if (bucket === undefined) return;
  if (bucket.region !== call.region) throw permanentRedirect(bucket.region);
  if (bucket.account !== call.account) return;
  const question = { actor: call.principal, action: versionId === undefined ? "s3:GetObject" : "s3:GetObjectVersion", resource: objectArn(name, key), call, ...(versionId !== undefined && { context: { "s3:VersionId": versionId } }) };
  await access.check(question).catch((error: unknown) => {
    throw error instanceof ServiceError ? accessDenied(error.message) : error;
  });
}
