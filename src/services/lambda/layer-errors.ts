// What Lambda answers about layers; texts recorded from AWS (LocalStack's validated snapshots) except where said otherwise.
import { ServiceError } from "../../kernel/errors.ts";
import { LAMBDA } from "../../kernel/limits.ts";
import { invalidParameter } from "./errors.ts";

const notFound = (message: string) => new ServiceError("ResourceNotFoundException", message);
const quoted = (text: string) => `'${text}'`;

export const layerNotFound = () => notFound("The resource you requested does not exist.");
export const versionBelowOne = () => invalidParameter("Layer Version Cannot be less than 1");
/** What operations on its policy say. */
export const layerVersionNotFound = (arn: string) => notFound(`Layer version ${arn} does not exist.`);
/** What a function that asks for it is told. */
export const layerVersionMissing = (arn: string) => invalidParameter(`Layer version ${arn} does not exist.`);
export const tooManyLayers = (max: number) => invalidParameter(`Cannot reference more than ${max} layers.`);
export const sameLayerTwice = (first: string, second: string) => invalidParameter(`Two different versions of the same layer are not allowed to be referenced in the same function. ${first} and ${second} are versions of the same layer.`);
export const layersElsewhere = (region: string) => invalidParameter(`Layers are not in the same region as the function. Layers are expected to be in region ${region}.`);
/** Seen by many users of AWS: brefphp/bref#450, lambci/git-lambda-layer#27. */
export const layersTooLarge = (bytes: number) => invalidParameter(`Function code combined with layers exceeds the maximum allowed size of ${LAMBDA.unzippedBytesMax} bytes. The actual size is ${bytes} bytes.`);
export const layerPolicyRevisionMismatch = () => new ServiceError("PreconditionFailedException", "The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy API to retrieve the latest Revision Id");
/** `value` as AWS writes it: a list in brackets. */
export const runtimesUnknown = (member: string, value: string, known: readonly string[]) => new ServiceError("ValidationException", `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must satisfy enum value set: [${known.join(", ")}]`);
/** Ours, after what is said of functions. */
export const otherRegionsLayer = (region: string, here: string) => notFound(`Layers from ${quoted(region)} are not reachable in this region (${quoted(here)})`);
/** Ours, after what is said of functions. */
export const layerCodeMissing = () => invalidParameter("Please provide a source for layer code.");
