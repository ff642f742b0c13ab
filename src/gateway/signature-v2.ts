// Signature Version 2 in the query of an S3 address, which boto3 and version 1 of the AWS CLI presign with unless told otherwise.
// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
import { createHmac } from "node:crypto";
import type { WireRequest } from "../wire/http.ts";
import { bucketOfHost } from "../wire/wire.ts";
import type { Claim } from "./claim.ts";
import { equalText } from "./signature.ts";

/** Parts of the query that belong to the resource: the guide's list, and what botocore adds to it (auth.py: QSAOfInterest). */
const SIGNED_QUERY = new Set([
  "accelerate", "acl", "analytics", "cors", "defaultObjectAcl", "delete", "encryption", "inventory", "legal-hold", "lifecycle", "location", "logging", "metrics", "notification", "object-lock", "partNumber", "policy", "replication", "requestPayment",
  "response-cache-control", "response-content-disposition", "response-content-encoding", "response-content-language", "response-content-type", "response-expires", "restore", "retention", "select", "select-type", "storageClass", "tagging", "torrent",
  "uploadId", "uploads", "versionId", "versioning", "versions", "website",
  // Newer than the guide's list. They choose the operation, so who has the address of another must not be able to add them.
  "abac", "annotation", "attributes", "intelligent-tiering", "metadataAnnotationTable", "metadataConfiguration", "metadataInventoryTable", "metadataJournalTable", "metadataTable", "ownershipControls", "policyStatus", "publicAccessBlock", "renameObject", "session",
]);

/** Undefined when the query is no such signature, or not a whole one. */
export function claimOfVersion2(query: URLSearchParams): Claim | undefined {
  const [accessKeyId, signature, expires] = ["AWSAccessKeyId", "Signature", "Expires"].map((name) => query.get(name) ?? "") as [string, string, string];
  if (accessKeyId === "" || accessKeyId.length > 256 || signature === "" || !/^\d{1,12}$/.test(expires)) return undefined;
  const token = query.get("x-amz-security-token");
  // It names no region; it can only be used where one of the oldest is meant.
  const scope = { accessKeyId, date: "", region: "us-east-1", service: "s3", text: "" };
  return { by: "query", scope, signedHeaders: "", signature, date: "", version2: { expiresMs: Number(expires) * 1000 }, ...(token !== null && { sessionToken: token }) };
}

/** Whether it has the signature it should have. A bucket addressed by its path is signed as it is, and by botocore with a slash behind it. */
export function isSignedVersion2(secretAccessKey: string, request: WireRequest, claim: Claim): boolean {
  const isBareBucket = /^\/[^/]+$/.test(request.path) && bucketOfHost(request.headers["host"] ?? "") === undefined;
  return [request, ...(isBareBucket ? [{ ...request, path: `${request.path}/` }] : [])].some((signed) => equalText(signVersion2(secretAccessKey, stringToSignVersion2(signed, claim)), claim.signature));
}

/** In base64. */
const signVersion2 = (secretAccessKey: string, text: string): string => createHmac("sha1", secretAccessKey).update(text).digest("base64");

export function stringToSignVersion2(request: WireRequest, claim: Claim): string {
  const { headers, method, path } = request;
  const query = [...new URLSearchParams(request.query)];
  // Headers of S3's own were moved into the query where they were presigned.
  const amz = [...Object.entries(headers), ...query.filter(([name]) => name.startsWith("x-amz-"))].filter(([name]) => name.startsWith("x-amz-")).map(([name, value]) => `${name}:${value.trim().replace(/\s*[\r\n]\s*/g, " ")}\n`).sort();
  const resource = query.filter(([name]) => SIGNED_QUERY.has(name)).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => (value === "" ? name : `${name}=${unmistakable(value)}`));
  const bucket = bucketOfHost(headers["host"] ?? "");
  return [method, headers["content-md5"] ?? "", headers["content-type"] ?? "", String(claim.version2!.expiresMs / 1000), ""].join("\n") + amz.join("") + (bucket === undefined ? "" : `/${bucket}`) + path + (resource.length > 0 ? `?${resource.join("&")}` : "");
}

/** Values are signed as they are, so one that reads as its neighbour could have swallowed it: encoded, it fits no signature. */
const unmistakable = (value: string): string => (value.split("&").slice(1).some((more) => SIGNED_QUERY.has(more.split("=")[0]!)) ? encodeURIComponent(value) : value);
