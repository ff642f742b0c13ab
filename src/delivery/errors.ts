// What whoever sends an event is told, in the Lambda API's words.
import { ServiceError } from "../kernel/errors.ts";

export const functionNotFound = (arn: string) => new ServiceError("ResourceNotFoundException", `Function not found: ${arn}`, { status: 404 });
export const durableUnqualified = () => new ServiceError("InvalidParameterValueException", "You cannot invoke a durable function using an unqualified ARN.");
export const notInvocable = () => new ServiceError("ResourceConflictException", "The operation cannot be performed at this time. The function is currently in the following state: Pending", { status: 409 });
