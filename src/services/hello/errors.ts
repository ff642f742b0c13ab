// One function per situation, named for it, with AWS's sentence.
import { ServiceError } from "../../kernel/errors.ts";

export const invalidName = () => new ServiceError("InvalidParameterException", "Invalid parameter: Topic Name");
export const invalidToken = () => new ServiceError("InvalidParameterException", "Invalid parameter: NextToken");
/** A parameter that would be ignored is refused by name. */
export const notSupported = (what: string) => new ServiceError("InvalidParameterException", `Evoke does not support ${what} yet.`);
