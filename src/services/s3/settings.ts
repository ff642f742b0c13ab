// All operations on what buckets and objects have beside their bytes.
import type { RoomPorts } from "../service.ts";
import { aclOperations } from "./acls.ts";
import { defaultOperations } from "./bucket-defaults.ts";
import { policyOperations } from "./bucket-policies.ts";
import { versioningOperations } from "./bucket-versioning.ts";
import { notificationOperations } from "./notifications.ts";
import { objectLockOperations } from "./object-locks.ts";
import type { Parts } from "./parts.ts";
import { taggingOperations } from "./tagging.ts";

export const settingOperations = (parts: Parts, ports: RoomPorts) => ({
  ...versioningOperations(parts),
  ...notificationOperations(parts, ports),
  ...policyOperations(parts),
  ...taggingOperations(parts),
  ...objectLockOperations(parts),
  ...aclOperations(parts),
  ...defaultOperations(parts),
});
