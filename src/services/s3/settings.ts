// All operations on what buckets and objects have beside their bytes.
import type { RoomPorts } from "../service.ts";
import { aclOperations } from "./acls.ts";
import { corsOperations } from "./cors.ts";
import { defaultOperations } from "./bucket-defaults.ts";
import { encryptionOperations } from "./bucket-encryption.ts";
import { paymentOperations } from "./bucket-payment.ts";
import { policyOperations } from "./bucket-policies.ts";
import { versioningOperations } from "./bucket-versioning.ts";
import { lifecycleOperations } from "./lifecycles.ts";
import { notificationOperations } from "./notifications.ts";
import { objectLockOperations } from "./object-locks.ts";
import type { Parts } from "./parts.ts";
import { restoreOperations } from "./restores.ts";
import { abacOperations } from "./tags-for-policies.ts";
import { taggingOperations } from "./tagging.ts";
import { websiteOperations } from "./website.ts";

export const settingOperations = (parts: Parts, ports: RoomPorts) => ({
  ...versioningOperations(parts),
  ...notificationOperations(parts, ports),
  ...policyOperations(parts),
  ...taggingOperations(parts),
  ...objectLockOperations(parts),
  ...aclOperations(parts),
  ...corsOperations(parts),
  ...websiteOperations(parts),
  ...encryptionOperations(parts),
  ...paymentOperations(parts),
  ...abacOperations(parts),
  ...lifecycleOperations(parts),
  ...restoreOperations(parts),
  ...defaultOperations(parts),
});
