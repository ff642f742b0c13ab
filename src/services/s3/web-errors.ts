// What S3 refuses of cross-origin rules, websites and forms. Recorded on AWS (LocalStack's snapshots), unless said otherwise.
import { ServiceError } from "../../kernel/errors.ts";

const error = (code: string, status: number, message: string, members: Record<string, string> = {}) => new ServiceError(code, message, { status, members });
const invalid = (message: string) => error("InvalidRequest", 400, message);
const argument = (message: string, name: string, value: string) => error("InvalidArgument", 400, message, { ArgumentName: name, ArgumentValue: value });

/** Documented for both; the members as in other services that copy S3's answers. */
export const configurationTooLarge = (most: number) => error("MaxMessageLengthExceeded", 400, "Your request was too big.", { MaxMessageLengthBytes: String(most) });

// Cross-origin rules
export const corsUnsupportedMethod = (method: string) => invalid(`Found unsupported HTTP method in CORS config. Unsupported method is ${method}`);
/** Quoted in versity/versitygw#1870. */
export const corsManyWildcards = (element: "AllowedOrigin" | "AllowedHeader", value: string) => invalid(`${element} "${value}" can not have more than one wildcard.`);
/** Quoted in several public reports. */
export const corsWildcardExposed = (header: string) => invalid(`ExposeHeader "${header}" contains wildcard. We currently do not support wildcard for ExposeHeader.`);
/** As Ceph and Scality, who copy AWS's sentences, have it. */
export const corsTooManyRules = () => invalid("The number of CORS rules should not exceed allowed limit of 100 rules.");
/** Recalled. */
export const corsIdTooLong = () => argument("The ID value can be up to 255 characters long.", "ID", "");

// Websites
export const badIndexDocument = (suffix: string) => argument("The IndexDocument Suffix is not well formed", "IndexDocument", suffix);
export const redirectAllWithMore = () => argument("RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.", "RedirectAllRequestsTo", "not null");
export const indexDocumentMissing = () => argument("A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty", "IndexDocument", "null");
export const badProtocol = () => invalid("Invalid protocol, protocol can be http or https. If not defined the protocol will be selected automatically.");
export const twoReplacements = () => invalid("You can only define ReplaceKeyPrefix or ReplaceKey but not both.");
export const emptyCondition = () => invalid("Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't be present.");
/** The next three as versitygw has them, which copies AWS's sentences; the first also in ceph/s3-tests. */
export const badRedirectCode = (code: string) => invalid(`The provided HTTP redirect code (${code}) is not valid. Valid codes are 3XX except 300.`);
export const badErrorCode = (code: string) => invalid(`The provided HTTP error code (${code}) is not valid. Valid codes are 4XX or 5XX.`);
export const tooManyRoutingRules = (count: number) => invalid(`${count} routing rules provided, the number of routing rules in a website configuration is limited to 50.`);
/** In the form of the IndexDocument's. */
export const badErrorDocument = (key: string) => argument("The ErrorDocument Key is not well formed", "ErrorDocument", key);

// Objects with a place to redirect to. Quoted in public reports.
export const badRedirectLocation = () => error("InvalidRedirectLocation", 400, "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.");

// Forms
export const formLacks = (name: string) => argument(`Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`, name, "");
export const formKeyEmpty = () => argument("User key must have a length greater than 0.", "key", "");
/** Our own sentence: what AWS says of a field that can be no header is not known. */
export const metadataNameInvalid = (field: string) => argument("The name of a field of metadata must be one that a header can have.", "metadata", field.slice(0, 256));
/** ceph/s3-tests has the status; versitygw, which copies AWS's, the sentences that are not recorded. */
export const badFormPolicy = (why: string) => error("InvalidPolicyDocument", 400, `Invalid Policy: ${why}`);
export const notAsFormPolicy = (why: string) => error("AccessDenied", 403, `Invalid according to Policy: ${why}`);
export const formFileTooSmall = (bytes: number, least: number) => error("EntityTooSmall", 400, "Your proposed upload is smaller than the minimum allowed size", { ProposedSize: String(bytes), MinSizeAllowed: String(least) });
export const formFileTooLarge = (bytes: number, most: number) => error("EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed size", { ProposedSize: String(bytes), MaxSizeAllowed: String(most) });
