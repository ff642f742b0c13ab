// S3's own answers. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
// Sentences and members are those of recorded answers (LocalStack's validated snapshots, ceph/s3-tests) where nothing else is said.
import { ServiceError } from "../../kernel/errors.ts";

const error = (code: string, status: number, message: string, members: Record<string, string> = {}, headers: Record<string, string> = {}) => new ServiceError(code, message, { status, members, headers });

// Any request
export const accessDenied = (sentence = "") => error("AccessDenied", 403, sentence || "Access Denied");
export const invalidArgument = (message: string, name: string, value: unknown) => error("InvalidArgument", 400, message, { ArgumentName: name, ArgumentValue: String(value) });
export const invalidRequest = (message: string) => error("InvalidRequest", 400, message);
export const invalidUri = () => error("InvalidURI", 400, "Couldn't parse the specified URI.");
export const malformedXml = () => error("MalformedXML", 400, "The XML you provided was not well-formed or did not validate against our published schema");
export const methodNotAllowed = (method: string, resourceType: string) => error("MethodNotAllowed", 405, "The specified method is not allowed against this resource.", { Method: method, ResourceType: resourceType });
export const notSupported = (what: string) => error("NotImplemented", 501, `Evoke does not support ${what}.`, { Header: what });

// Buckets
export const noSuchBucket = (name: string) => error("NoSuchBucket", 404, "The specified bucket does not exist", { BucketName: name });
export const invalidBucketName = (name: string) => error("InvalidBucketName", 400, "The specified bucket is not valid.", { BucketName: name });
export const badOwnerAccount = (value: string) => error("InvalidBucketOwnerAWSAccountID", 400, `The value of the expected bucket owner parameter must be an AWS Account ID... [${value}]`);
export const bucketAlreadyOwnedByYou = (name: string) => error("BucketAlreadyOwnedByYou", 409, "Your previous request to create the named bucket succeeded and you already own it.", { BucketName: name });
export const bucketAlreadyExists = (name: string) => error("BucketAlreadyExists", 409, "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.", { BucketName: name });
export const bucketNotEmpty = (name: string, hasVersions: boolean) => error("BucketNotEmpty", 409, hasVersions ? "The bucket you tried to delete is not empty. You must delete all versions in the bucket." : "The bucket you tried to delete is not empty", { BucketName: name });
export const illegalLocation = (location: string) => error("IllegalLocationConstraintException", 400, `The ${location} location constraint is incompatible for the region specific endpoint this request was sent to.`);
/** AWS's sentence, as those report it who make functions of objects: gilt/s3-sftp-bridge#9, aws-samples/aws-codepipeline-bitbucket-integration#7. */
export const permanentRedirect = (region: string) => error("PermanentRedirect", 301, `The bucket is in this region: ${region}. Please use this region to retry the request`);
export const unknownRegion = (name: string) => error("InvalidArgument", 400, `Argument value ${name} is not a valid AWS Region`, { ArgumentName: "bucket-region" });
export const invalidLocation = (location: string) => error("InvalidLocationConstraint", 400, "The specified location-constraint is not valid", { LocationConstraint: location });

// Objects
export const noSuchKey = (key: string) => error("NoSuchKey", 404, "The specified key does not exist.", { Key: key });
/** The current version is a delete marker. */
export const keyIsDeleted = (key: string, versionId: string) => error("NoSuchKey", 404, "The specified key does not exist.", { Key: key }, { "x-amz-delete-marker": "true", "x-amz-version-id": versionId });
export const noSuchVersion = (key: string, versionId: string) => error("NoSuchVersion", 404, "The specified version does not exist.", { Key: key, VersionId: versionId });
export const invalidVersionId = (versionId: string) => invalidArgument("Invalid version id specified", "versionId", versionId);
/** A delete marker was asked for by its version. */
export const isDeleteMarker = (method: string, modifiedMs: number, versionId: string) => error("MethodNotAllowed", 405, "The specified method is not allowed against this resource.", { Method: method, ResourceType: "DeleteMarker" }, { "x-amz-delete-marker": "true", "x-amz-version-id": versionId, "last-modified": new Date(modifiedMs).toUTCString(), allow: "DELETE" });
export const locked = () => error("AccessDenied", 403, "Access Denied because object protected by object lock.");
export const keyTooLong = (bytes: number) => error("KeyTooLongError", 400, "Your key is too long", { Size: String(bytes), MaxSizeAllowed: "1024" });
export const metadataTooLarge = (bytes: number) => error("MetadataTooLarge", 400, "Your metadata headers exceed the maximum allowed metadata size", { Size: String(bytes), MaxSizeAllowed: "2048" });
export const invalidStorageClass = (given: string) => error("InvalidStorageClass", 400, "The storage class you specified is not valid", { StorageClassRequested: given });

// Conditions and ranges
export const preconditionFailed = (condition: string) => error("PreconditionFailed", 412, "At least one of the pre-conditions you specified did not hold", { Condition: condition });
/** Recorded. */
export const conditionNotImplemented = (header: string, more: string) => error("NotImplemented", 501, "A header you provided implies functionality that is not implemented", { Header: header, additionalMessage: more });
export const conditionalConflict = (condition: string, key: string) => error("ConditionalRequestConflict", 409, "The conditional request cannot succeed due to a conflicting operation against this resource.", { Condition: condition, Key: key });
export const notModified = (etag: string, modifiedMs: number, headers: Record<string, string> = {}) => error("NotModified", 304, "Not Modified", {}, { etag: `"${etag}"`, "last-modified": new Date(modifiedMs).toUTCString(), ...headers });
export const invalidRange = (range: string, sizeBytes: number) => error("InvalidRange", 416, "The requested range is not satisfiable", { RangeRequested: range, ActualObjectSize: String(sizeBytes) }, { "content-range": `bytes */${sizeBytes}` });
export const invalidPartNumber = (partNumber: number, parts: number) => error("InvalidPartNumber", 416, "The requested partnumber is not satisfiable", { PartNumberRequested: String(partNumber), ActualPartCount: String(parts) });

// Bodies
export const missingContentLength = () => error("MissingContentLength", 411, "You must provide the Content-Length HTTP header.");
export const incompleteBody = (promised: number, received: number) => error("IncompleteBody", 400, "You did not provide the number of bytes specified by the Content-Length HTTP header", { NumberBytesExpected: String(promised), NumberBytesProvided: String(received) });
export const entityTooLarge = (bytes: number, most: number) => error("EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed size", { ProposedSize: String(bytes), MaxSizeAllowed: String(most) });
export const invalidDigest = (given: string) => error("InvalidDigest", 400, "The Content-MD5 you specified was invalid.", { "Content-MD5": given });
export const badMd5 = (expected: string, calculated: string) => error("BadDigest", 400, "The Content-MD5 you specified did not match what we received.", { ExpectedDigest: expected, CalculatedDigest: calculated });
export const badChecksum = (algorithm: string) => error("BadDigest", 400, `The ${algorithm} you specified did not match the calculated checksum.`);
export const invalidChecksumHeader = (header: string) => invalidRequest(`Value for ${header} header is invalid.`);
/** Met by users of AWS: Apache Hadoop's HADOOP-19046, versity/versitygw#1593. */
export const noChecksumSent = () => invalidRequest("x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.");
export const oneChecksumOnly = () => invalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
/** Ours: on AWS a body in transit is nobody's to remove. */
export const uploadTookTooLong = () => error("RequestTimeout", 400, "Your socket connection to the server was not read from or written to within the timeout period.");

// Multipart uploads
export const noSuchUpload = (uploadId: string) => error("NoSuchUpload", 404, "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.", { UploadId: uploadId });
export const invalidPart = (uploadId: string, partNumber: number, etag: string) => error("InvalidPart", 400, "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.", { UploadId: uploadId, PartNumber: String(partNumber), ETag: etag });
export const invalidPartOrder = (uploadId: string) => error("InvalidPartOrder", 400, "The list of parts was not in ascending order. Parts must be ordered by part number.", { UploadId: uploadId });
export const entityTooSmall = (part: { partNumber: number; sizeBytes: number; etag: string }) => error("EntityTooSmall", 400, "Your proposed upload is smaller than the minimum allowed size", { ETag: part.etag, MinSizeAllowed: "5242880", PartNumber: String(part.partNumber), ProposedSize: String(part.sizeBytes) });
export const partNumberOutside = (value: number) => invalidArgument("Part number must be an integer between 1 and 10000, inclusive", "partNumber", value);
export const checksumTypeMismatch = (given: string, upload: string) => invalidRequest(`Checksum Type mismatch occurred, expected checksum Type: ${upload}, actual checksum Type: ${given}`);
export const checksumModeMismatch = (upload: string | undefined) => invalidRequest(`The upload was created using the ${upload ?? "null"} checksum mode. The complete request must use the same checksum mode.`);
export const partChecksumMissing = (algorithm: string, partNumber: number) => invalidRequest(`The upload was created using a ${algorithm} checksum. The complete request must include the checksum for each part. It was missing for part ${partNumber} in the request.`);
export const badPartChecksum = (algorithm: string, partNumber: number) => error("BadDigest", 400, `The ${algorithm} you specified for part ${partNumber} did not match what we received.`);
export const noParts = () => invalidRequest("You must specify at least one part");
export const uploadSizeMismatch = (given: number, actual: number) => invalidRequest(`The provided 'x-amz-mp-object-size' header value ${given} does not match what was computed: ${actual}`);

// Copies
export const copyOntoItself = () => invalidRequest("This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.");
export const invalidCopySource = (message = "Invalid copy source object key") => invalidArgument(message, "x-amz-copy-source", "x-amz-copy-source");
export const copySourceTooLarge = () => invalidRequest("The specified copy source is larger than the maximum allowable size for a copy source: 5368709120");
export const invalidCopyRange = (range: string) => invalidArgument("The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy", "x-amz-copy-source-range", range);
export const copyRangeBeyond = () => invalidRequest("The specified copy range is invalid for the source object size");
export const copyRangeOutside = (range: string, sizeBytes: number) => invalidArgument(`Range specified is not valid for source object of size: ${sizeBytes}`, "x-amz-copy-source-range", range);

// Lists
export const invalidEncodingType = (value: string) => invalidArgument("Invalid Encoding Method specified in Request", "encoding-type", value);
export const invalidContinuationToken = (value: string) => error("InvalidArgument", 400, "The continuation token provided is incorrect", { ArgumentName: "continuation-token", ...(value !== "" && { ArgumentValue: value }) });
export const numberOutside = (name: string, value: number) => invalidArgument(`Argument ${name} must be an integer between 0 and 2147483647`, name, value);

// Keys that callers bring
export const customerKeyMissing = () => invalidRequest("The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.");
/** Seen in many public reports. */
export const customerKeyNotApplicable = () => invalidRequest("The encryption parameters are not applicable to this object.");
export const partKeyMissing = () => invalidRequest("The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.");
export const partKeyWrong = () => invalidRequest("The provided encryption parameters did not match the ones used originally.");
export const customerKeyWrong = () => error("AccessDenied", 403, "Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key.");
