// Reads a job's manifest with the permission of its role: checks it, counts its tasks, and keeps a copy, so that the object may change.
import { ServiceError } from "../../../kernel/errors.ts";
import { objectArn } from "../names.ts";
import { findVersion, type StoredObject } from "../object.ts";
import type { Parts } from "../parts.ts";
import { checkReadable } from "../restore.ts";
import { emptyManifest, manifestUnreadable, otherEtag } from "./errors.ts";
import type { Job } from "./job.ts";
import { checkFields, keyIn, readTasks } from "./manifest.ts";
import { checkTrust, whyRoleMayNot } from "./role.ts";

/** The copy is kept by who takes it from the unused bodies (`keepBody`). Throws JobFailed. */
export async function listTasks(parts: Parts, job: Job, signal: AbortSignal): Promise<NonNullable<Job["listed"]>> {
  await checkTrust(parts, job);
  const fields = job.manifest.Spec!.Fields!;
  checkFields(fields);
  const { body: source, sizeBytes } = await findManifest(parts, job);
  const { id } = await parts.bodies.write(await parts.bodies.read(source, { start: 0, end: sizeBytes }));
  let tasks = 0;
  for await (const _ of readTasks(await parts.bodies.read({ id }, { start: 0, end: sizeBytes }), fields)) {
    signal.throwIfAborted();
    tasks++;
  }
  if (tasks === 0) throw emptyManifest();
  return { body: { id }, sizeBytes, tasks };
}

async function findManifest(parts: Parts, job: Job): Promise<StoredObject> {
  const { ObjectArn: arn, ObjectVersionId: versionId, ETag: etag } = job.manifest.Location!;
  const { bucket: name, key } = keyIn(arn!)!;
  const bucket = await parts.buckets.get(name);
  if (!bucket) throw manifestUnreadable(`the bucket ${name} does not exist`);
  const refused = await whyRoleMayNot(parts, job, { action: versionId === undefined ? "s3:GetObject" : "s3:GetObjectVersion", resource: objectArn(name, key), owner: bucket.account });
  if (refused !== undefined) throw manifestUnreadable(refused);
  const object = await findVersion(parts.stores, name, key, versionId);
  if (!object || object.deleteMarker) throw manifestUnreadable(`${arn} does not exist`);
  try {
    checkReadable(object);
  } catch (error) {
    throw error instanceof ServiceError ? manifestUnreadable(error.message) : error;
  }
  // "Manifests that use server-side encryption with customer-provided keys (SSE-C) are not supported".
  if (object.encryption?.customerKeyMd5 !== undefined) throw manifestUnreadable("it is encrypted with a key of the customer's");
  const asked = etag!.replace(/^"(.*)"$/, "$1");
  if (object.etag.replace(/^"(.*)"$/, "$1") !== asked) throw otherEtag(asked, object.etag);
  return object;
}
