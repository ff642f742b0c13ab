// What Lambda answers about function URLs; texts observed (lambda-core.md, Part C) except where said otherwise.
import { ServiceError } from "../../kernel/errors.ts";

/** The two spaces are AWS's. */
export const urlExists = (arn: string) => new ServiceError("ResourceConflictException", `Failed to create function url config for [functionArn = ${arn}]. Error message:  FunctionUrlConfig exists for this Lambda function`);
export const urlMissing = () => new ServiceError("ResourceNotFoundException", "The resource you requested does not exist.");
export const functionDoesNotExist = () => new ServiceError("ResourceNotFoundException", "Function does not exist");
/** Ours; the developer guide says that the two exclude each other. */
export const urlForTenants = () => new ServiceError("InvalidParameterValueException", "Function URLs are not supported for functions with tenant isolation.");
