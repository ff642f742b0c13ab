// What a caller can get wrong about container images and SnapStart. Sentences marked "seen" are AWS's, told by its users.
import { ServiceError } from "../../kernel/errors.ts";
import { invalidParameter } from "./errors.ts";

/** Seen: pulumi/pulumi-aws#5439. */
export const handlerForImage = () => invalidParameter("Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image.");
/** Observed. */
export const zipForImage = () => invalidParameter("Please provide ImageUri when updating a function with packageType Image.");
/** Ours. */
export const codeForImage = () => invalidParameter("Please do not provide ZipFile or an object of S3 for a function with packageType Image.");
/** After the observed one; AWS's for creating is not known. */
export const imageUriMissing = () => invalidParameter("Please provide ImageUri when creating a function with packageType Image.");
/** Seen: ministryofjustice/modernisation-platform#2419, aws-samples/bedrock-access-gateway#205. The reason is ours. */
export const imageNotValid = (uri: string, why: string) => invalidParameter(`Source image ${uri.slice(0, 300)} is not valid. Provide a valid source image. (Evoke: ${why})`);
/** Seen in many forums. The reason is ours. */
export const imageNotThere = (uri: string, why: string) => invalidParameter(`Source image ${uri.slice(0, 300)} does not exist. Provide a valid source image. (Evoke: ${why})`);
/** Seen, where tools write manifests that Lambda does not take. The reason is ours. */
export const imageNotSupported = (uri: string, why: string) => invalidParameter(`The image manifest, config or layer media type for the source image ${uri.slice(0, 300)} is not supported. (Evoke: ${why})`);
/** Ours: nothing would be done with it. */
export const imageConfigForZip = () => invalidParameter("ImageConfig is for functions with packageType Image only.");

/** Seen by many, among them localstack/localstack#12458; of images: "ContainerImage". */
export const noSnapStart = (what: string) => invalidParameter(`${what} is not supported for SnapStart enabled functions.`);
/** Ours; the developer guide says that SnapStart does not go with these. */
export const snapStartExcludes = (what: string) => invalidParameter(`SnapStart does not support ${what}.`);
/** The model's description of the exception. */
export const snapStartNotReady = () => new ServiceError("SnapStartNotReadyException", "Lambda is initializing your function. You can invoke the function when the function state becomes Active.", { status: 409, members: { Type: "User" } });
