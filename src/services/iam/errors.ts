// What IAM answers when it refuses. Texts recorded from AWS by LocalStack's validated snapshots (tests/aws/services/iam, 2026-02)
// except where a comment says otherwise. The classes carry the suffix Exception; the wire writes AWS's query codes without it.
import { ServiceError } from "../../kernel/errors.ts";

const noSuch = (message: string) => new ServiceError("NoSuchEntityException", message);
const exists = (message: string) => new ServiceError("EntityAlreadyExistsException", message);
const conflict = (message: string) => new ServiceError("DeleteConflictException", message);
const limit = (message: string) => new ServiceError("LimitExceededException", message);
const validation = (message: string) => new ServiceError("ValidationError", message);

export const noSuchRole = (name: string) => noSuch(`The role with name ${name} cannot be found.`);
export const noSuchUser = (name: string) => noSuch(`The user with name ${name} cannot be found.`);
export const noSuchRolePolicy = (name: string) => noSuch(`The role policy with name ${name} cannot be found.`);
export const noSuchPolicy = (arn: string) => noSuch(`Policy ${arn} was not found.`);
export const notAttachable = (arn: string) => noSuch(`Policy ${arn} does not exist or is not attachable.`);
export const noSuchPolicyVersion = (arn: string, version: string) => noSuch(`Policy ${arn} version ${version} does not exist or is not attachable.`);
export const noSuchAccessKey = (id: string) => noSuch(`The Access Key with id ${id} cannot be found.`);

export const roleExists = (name: string) => exists(`Role with name ${name} already exists.`);
export const userExists = (name: string) => exists(`User with name ${name} already exists.`);
export const policyExists = (name: string) => exists(`A policy called ${name} already exists. Duplicate names are not allowed.`);

export const mustDetachPolicies = () => conflict("Cannot delete entity, must detach all policies first.");
export const mustDeletePolicies = () => conflict("Cannot delete entity, must delete policies first.");
/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html (wording from the AWS CLI's reports). */
export const mustDeleteAccessKeys = () => conflict("Cannot delete entity, must delete access keys first.");
export const policyAttached = () => conflict("Cannot delete a policy attached to entities.");
export const policyHasVersions = () => conflict("This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.");
export const defaultVersion = () => conflict("Cannot delete the default version of a policy.");

export const tooManyVersions = () => limit("A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.");
/** Quotas: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const overQuota = (quota: string, max: number) => limit(`Cannot exceed quota for ${quota}: ${max}`);
export const inlineTooLarge = (role: string, max: number) => limit(`Maximum policy size of ${max} bytes exceeded for role ${role}`);

export const malformed = (message: string) => new ServiceError("MalformedPolicyDocumentException", message);
export const badArn = (arn: string) => validation(`ARN ${arn} is not valid.`);
export const badMarker = () => validation("Invalid Marker.");
export const userNameNeeded = () => validation("Must specify userName when calling with non-User credentials");
export const duplicateTags = () => new ServiceError("InvalidInputException", "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
/** AWS's own policies belong to AWS. */
export const awsOwned = (arn: string) => new ServiceError("AccessDenied", `Policy ${arn} is managed by AWS and cannot be changed.`, { status: 403 });

/** A parameter that would do nothing is refused by name. */
export const notSupported = (parameter: string) => validation(`Evoke does not support the parameter ${parameter} yet.`);
