// What IAM answers when it refuses. Texts recorded from AWS by LocalStack's validated snapshots (tests/aws/services/iam, 2026-02)
// except where a comment says otherwise. The classes carry the suffix Exception; the wire writes AWS's query codes without it.
import { ServiceError } from "../../kernel/errors.ts";

const noSuch = (message: string) => new ServiceError("NoSuchEntityException", message);
const exists = (message: string) => new ServiceError("EntityAlreadyExistsException", message);
const conflict = (message: string) => new ServiceError("DeleteConflictException", message);
const limit = (message: string) => new ServiceError("LimitExceededException", message);
const invalid = (message: string) => new ServiceError("InvalidInputException", message);
const validation = (message: string) => new ServiceError("ValidationError", message);

export const noSuchRole = (name: string) => noSuch(`The role with name ${name} cannot be found.`);
export const noSuchUser = (name: string) => noSuch(`The user with name ${name} cannot be found.`);
export const noSuchGroup = (name: string) => noSuch(`The group with name ${name} cannot be found.`);
export const noSuchInstanceProfile = (name: string) => noSuch(`Instance Profile ${name} cannot be found.`);
export const noSuchRoleInProfile = (role: string, profile: string) => noSuch(`Role ${role} in Instance Profile ${profile} cannot be found.`);
export const noSuchUserPolicy = (name: string) => noSuch(`The user policy with name ${name} cannot be found.`);
export const noSuchGroupPolicy = (name: string) => noSuch(`The group policy with name ${name} cannot be found.`);
export const noSuchRolePolicy = (name: string) => noSuch(`The role policy with name ${name} cannot be found.`);
export const noSuchPolicy = (arn: string) => noSuch(`Policy ${arn} was not found.`);
export const notAttachable = (arn: string) => noSuch(`Policy ${arn} does not exist or is not attachable.`);
export const noSuchPolicyVersion = (arn: string, version: string) => noSuch(`Policy ${arn} version ${version} does not exist or is not attachable.`);
export const noSuchAccessKey = (id: string) => noSuch(`The Access Key with id ${id} cannot be found.`);
export const noSuchLoginProfile = (name: string) => noSuch(`Login Profile for User ${name} cannot be found.`);
export const noPasswordPolicy = (account: string) => noSuch(`The Password Policy with domain name ${account} cannot be found.`);
export const noPasswordPolicyToDelete = () => noSuch("The account policy with name PasswordPolicy cannot be found.");
export const noSuchBoundaryPolicy = (arn: string) => noSuch(`Scope ARN: ${arn} does not exist or is not attachable.`);
/** Code from the API reference of DeleteRolePermissionsBoundary; the words are ours. */
export const noSuchBoundary = (kind: string, name: string) => noSuch(`The ${kind} with name ${name} has no permissions boundary.`);
/** Code from the API reference of DeleteAccountAlias; the words are ours. */
export const noSuchAlias = (alias: string) => noSuch(`The account alias with name ${alias} cannot be found.`);
/** Code from the API reference of GetServiceLinkedRoleDeletionStatus; the words are ours. */
export const noSuchDeletionTask = (id: string) => noSuch(`The deletion task with id ${id} cannot be found.`);

export const roleExists = (name: string) => exists(`Role with name ${name} already exists.`);
export const userExists = (name: string) => exists(`User with name ${name} already exists.`);
export const groupExists = (name: string) => exists(`Group with name ${name} already exists.`);
export const instanceProfileExists = (name: string) => exists(`Instance Profile ${name} already exists.`);
export const loginProfileExists = (name: string) => exists(`Login Profile for user ${name} already exists.`);
/** Recorded in https://github.com/awslabs/aws-deployment-framework/pull/465 */
export const aliasExists = (alias: string) => exists(`The account alias ${alias} already exists.`);
export const policyExists = (name: string) => exists(`A policy called ${name} already exists. Duplicate names are not allowed.`);

export const mustDetachPolicies = () => conflict("Cannot delete entity, must detach all policies first.");
export const mustDeletePolicies = () => conflict("Cannot delete entity, must delete policies first.");
/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html (wording from the AWS CLI's reports). */
export const mustDeleteAccessKeys = () => conflict("Cannot delete entity, must delete access keys first.");
export const mustRemoveRoles = () => conflict("Cannot delete entity, must remove roles from instance profile first.");
/** Recorded in https://github.com/go-to-k/delstack/issues/40 and https://github.com/cloud-custodian/cloud-custodian/issues/1663 */
export const mustRemoveUsers = () => conflict("Cannot delete entity, must remove users from group first.");
export const mustDeleteLoginProfile = () => conflict("Cannot delete entity, must delete login profile first.");
/** A policy in use as a boundary too: https://github.com/gruntwork-io/cloud-nuke/issues/972 */
export const policyAttached = () => conflict("Cannot delete a policy attached to entities.");
export const policyHasVersions = () => conflict("This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.");
export const defaultVersion = () => conflict("Cannot delete the default version of a policy.");

export const tooManyVersions = () => limit("A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.");
/** Quotas: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const overQuota = (quota: string, max: number) => limit(`Cannot exceed quota for ${quota}: ${max}`);
export const inlineTooLarge = (kind: string, name: string, max: number) => limit(`Maximum policy size of ${max} bytes exceeded for ${kind} ${name}`);

export const malformed = (message: string) => new ServiceError("MalformedPolicyDocumentException", message);
/** Recorded in https://github.com/hashicorp/terraform-provider-aws issues on service-role policies; code from the API reference of AttachRolePolicy. */
export const serviceRolePolicy = () => new ServiceError("PolicyNotAttachableException", "Cannot attach a Service Role Policy to a Customer Role.");
export const badArn = (arn: string) => validation(`ARN ${arn} is not valid.`);
export const badBoundary = (arn: string) => invalid(`ARN ${arn} is not valid.`);
export const badMarker = () => validation("Invalid Marker.");
export const userNameNeeded = () => validation("Must specify userName when calling with non-User credentials");
export const duplicateTags = () => invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
export const suffixNotAllowed = (service: string) => invalid(`Custom suffix is not allowed for ${service}`);
export const serviceRoleTaken = (name: string) => invalid(`Service role name ${name} has been taken in this account, please try a different suffix.`);
/** Evoke's words: AWS's list of services with such roles is longer than the one here (service-linked-role-names.ts). */
export const noServiceLinkedRole = (service: string) => invalid(`Evoke knows no service-linked role of ${service}.`);
/** Recorded in reports of AWSServiceRoleForConfig and AWSServiceRoleForTrustedAdvisor, and in AWS's guide to IAM Identity Center. */
export const protectedRole = (name: string) => new ServiceError("UnmodifiableEntityException", `Cannot perform the operation on the protected role '${name}' - this role is only modifiable by AWS`);
/** Code from the API reference of DeleteServiceLinkedRole; the words are ours. */
export const notServiceLinked = (name: string) => invalid(`The role ${name} is not a service-linked role.`);

/** Recorded in test_iam_users.snapshot.json. */
export const mayNotSeeKeyUse = (caller: string, id: string) => new ServiceError("AccessDenied", `User: ${caller} is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key ${id}`, { status: 403 });

/** Codes from the API reference of CreateLoginProfile and ChangePassword; not recorded, so the words may differ. */
export const weakPassword = () => new ServiceError("PasswordPolicyViolationException", "Password does not conform to the account password policy.");
export const usedPassword = () => new ServiceError("PasswordPolicyViolationException", "Password was used before, which the account password policy does not allow.");
export const wrongPassword = () => new ServiceError("AccessDenied", "The old password was incorrect.", { status: 403 });
export const onlyUsers = () => new ServiceError("InvalidUserTypeException", "Only IAM Users can change their own password");
/** AWS's own policies belong to AWS. */
export const awsOwned = (arn: string) => new ServiceError("AccessDenied", `Policy ${arn} is managed by AWS and cannot be changed.`, { status: 403 });

/** A parameter that would do nothing is refused by name. */
export const notSupported = (parameter: string) => validation(`Evoke does not support the parameter ${parameter} yet.`);

/** The wording of the other operations; what the simulator itself says is not recorded. */
export const noSuchPolicySource = (arn: string) => noSuch(`The entity with ARN ${arn} cannot be found.`);
/** Our words for a rule of API_SimulatePrincipalPolicy. */
/** Seen in public reports of the simulator; the API's reference: "You can specify only the ARN of an IAM user". */
export const callerMustBeUser = () => invalid("Invalid caller - Caller must be an IAM user in this context.");
/** The API's reference asks for it; the words are ours. */
export const actionWithoutService = (action: string) => invalid(`Invalid Input Actions: "${action}" must include the service identifier, such as iam:CreateUser.`);
export const callerArnNeeded = () => invalid("CallerArn is required when a ResourcePolicy is given and the policies are not those of a user.");

/** The gateway's own form of a refusal. */
export const mayNotRename = (sentence: string) => new ServiceError("AccessDenied", sentence, { status: 403 });
/** The code is API_UpdateUser's; the words are ours. */
export const renamedMeanwhile = (name: string) => new ServiceError("ConcurrentModificationException", `${name} was changed by somebody else at the same time. Please try again.`, { status: 409 });
