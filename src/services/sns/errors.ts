// What SNS answers when it refuses. Texts recorded from AWS by LocalStack's validated snapshots (tests/aws/services/sns, 2026-03)
// except where a comment says otherwise.
import { ServiceError } from "../../kernel/errors.ts";

/** "Invalid parameter: " and what is wrong. */
export const invalid = (what: string) => new ServiceError("InvalidParameterException", `Invalid parameter: ${what}`);
/** How a refusal of the attributes of Subscribe and CreateTopic begins; Set…Attributes leaves it out. */
export const ATTRIBUTES = "Attributes Reason: ";

export const malformedArn = (parameter: string, arn: string) => invalid(`${parameter} Reason: An ARN must have at least 6 elements, not ${arn.split(":").length}`);
export const wrongTopicArn = () => invalid("TopicArn");
export const topicNotFound = () => new ServiceError("NotFoundException", "Topic does not exist");
export const badTopicName = () => invalid("Topic Name");
export const topicDiffers = () => invalid(`${ATTRIBUTES}Topic already exists with different attributes`);
/** Reported by users of Terraform, Pulumi and the CDK. */
export const archiveKeepsTopic = () => new ServiceError("InvalidStateException", "Invalid state: Cannot delete a topic with an ArchivePolicy");
/** Our rule and words: what is published during a replay waits in the archive. */
export const archiveInUse = () => new ServiceError("InvalidStateException", "Invalid state: Cannot remove the ArchivePolicy during a replay");
export const topicTagsDiffer = () => invalid("Tags Reason: Topic already exists with different tags");
export const duplicateTags = () => invalid("Duplicated keys are not allowed.");
/** https://docs.aws.amazon.com/sns/latest/api/API_TagResource.html; our words. */
/** The name is the model's; AWS's sentence is its description of it, or not known. */
export const tooManyTopics = () => new ServiceError("TopicLimitExceededException", "Indicates that the customer already owns the maximum allowed number of topics.");
export const tooManyTags = () => new ServiceError("TagLimitExceededException", "A topic can have at most 50 tags.");
/** https://docs.aws.amazon.com/sns/latest/api/API_TagResource.html; our words. */
export const noSuchResource = () => new ServiceError("ResourceNotFoundException", "Resource does not exist");
export const badAttributeName = () => invalid("AttributeName");
export const notAnAttribute = (prefix: string, what: string) => invalid(`${prefix}${what}`);
/** Our words: AWS answers "Policy Error: null" to all of these. */
export const badPolicy = (why: string) => invalid(`Policy Error: ${why}`);
/** https://docs.aws.amazon.com/general/latest/gr/sns.html: 30 KB; our words. */
export const policyTooLong = () => invalid("Policy Error: the policy is longer than 30 KB");
export const statementExists = () => invalid("Statement already exists");
export const actionOutOfScope = () => invalid("Policy statement action out of service scope!");
/** Our words. */
export const badAccountId = (id: string) => invalid(`AWSAccountId Reason: ${id} is not an account id`);
export const badNextToken = () => invalid("NextToken");

export const unknownProtocol = (protocol: string) => invalid(`Amazon SNS does not support this protocol string: ${protocol}`);
/** Observed by users of FIFO topics; cdk-preflight keeps the text, too. */
export const protocolOfFifo = (protocol: string) => invalid(`Invalid protocol type: ${protocol}`);
export const endpointMismatch = () => invalid("Endpoint must match the specified protocol");
export const badSmsEndpoint = (endpoint: string) => new ServiceError("InvalidParameterException", `Invalid SMS endpoint: ${endpoint}`);
/** sqs is recorded; the others are as cdk-preflight keeps them. */
export const badEndpoint = (protocol: string) => invalid({ sqs: "SQS endpoint ARN", lambda: "Lambda endpoint ARN", firehose: "Firehose endpoint ARN", application: "Application endpoint arn invalid" }[protocol] ?? "Email address");
/** Recorded with "arn" twice, by moto's validated tests. */
export const noSuchEndpointToSubscribe = (arn: string) => invalid(`Endpoint Reason: Endpoint does not exist for endpoint arn${arn}`);
export const fifoQueueOnStandard = () => invalid("Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics");
export const noEndpoint = () => invalid("Endpoint");
export const subscriptionDiffers = () => invalid(`${ATTRIBUTES}Subscription already exists with different attributes`);
export const subscriptionNotFound = () => new ServiceError("NotFoundException", "Subscription does not exist");
export const badSubscriptionId = () => invalid("SubscriptionId");
export const badTopicOfToken = () => invalid("Topic");
/** No token at all, and one that is not known. */
export const malformedToken = () => new ServiceError("InvalidParameterException", "Invalid token");
export const unknownToken = () => invalid("Token");
/** https://docs.aws.amazon.com/general/latest/gr/sns.html: 100 per FIFO topic, 12.5 million per standard one; our words. */
export const tooManySubscriptions = () => new ServiceError("SubscriptionLimitExceededException", "The topic has as many subscriptions as it can have.");
/** https://docs.aws.amazon.com/general/latest/gr/sns.html: filter policies per topic; our words. */
export const tooManyFilterPolicies = () => new ServiceError("FilterPolicyLimitExceededException", "The topic has as many subscriptions with filter policies as it can have.");

/** API_CreateTopic says the rule; our words. */
export const tooLargeForSubscribers = () => invalid("MaximumMessageSize: above 262144 bytes a topic has at most 100 subscriptions, of the protocols sqs, lambda and firehose");

export const notAuthorized = (sentence: string) => new ServiceError("AuthorizationErrorException", sentence);
/** In the form of AWS's refusals. */
export const notTheOwner = (arn: string, action: string, resource: string) => notAuthorized(`User: ${arn} is not authorized to perform: SNS:${action} on resource: ${resource} because no resource-based policy allows the SNS:${action} action`);

export const badApplicationName = (name: string, reason: string) => invalid(`${name} Reason: ${reason}`);
export const badPlatform = (platform: string) => invalid(`Platform Reason: ${platform} is not supported`);
export const applicationNotFound = () => new ServiceError("NotFoundException", "PlatformApplication does not exist");
/** Our words: what AWS asks of the credentials it finds out at the platform. */
export const applicationDiffers = (arn: string) => invalid(`Attributes Reason: Platform application ${arn} already exists with different attributes`);
export const principalWithoutCredential = () => invalid(`${ATTRIBUTES}PlatformPrincipal attribute provided without PlatformCredential`);
export const credentialWithoutPrincipal = () => invalid(`${ATTRIBUTES}PlatformCredential attribute provided without PlatformPrincipal`);
export const missingAttributes = () => new ServiceError("ValidationError", "1 validation error detected: Value null at 'attributes' failed to satisfy constraint: Member must not be null");
export const unknownEndpointAttribute = (name: string) => invalid(`${ATTRIBUTES}Invalid attribute name: ${name}`);
export const userDataTooLong = () => invalid(`${ATTRIBUTES}Invalid value for attribute: CustomUserData: must be at most 2048 bytes long in UTF-8 encoding`);
/** In the form of CustomUserData's. */
export const badEndpointValue = (name: string, why: string) => invalid(`${ATTRIBUTES}Invalid value for attribute: ${name}: ${why}`);
export const endpointNotFound = () => new ServiceError("NotFoundException", "Endpoint does not exist");
export const endpointArnSlashes = () => invalid("EndpointArn Reason: Wrong number of slashes in relative portion of the ARN.");
export const endpointDiffers = (arn: string) => invalid(`Token Reason: Endpoint ${arn} already exists with the same Token, but different attributes.`);

export const unknownSmsAttribute = (name: string) => new ServiceError("InvalidParameterException", `${name} is not a valid attribute`);
/** AWS's own slip of the pen. */
export const badSenderId = () => new ServiceError("InvalidParameterException", "DefaultSendID is not a valid attribute");
export const badSmsType = () => new ServiceError("InvalidParameterException", "DefaultSMSType is invalid");
/** In the form of DefaultSMSType's. */
export const badSmsValue = (name: string) => new ServiceError("InvalidParameterException", `${name} is invalid`);
export const badPhoneNumber = () => invalid("PhoneNumber Reason: input incorrectly formatted");
/** Our words. */
export const noSandboxNumber = () => new ServiceError("ResourceNotFoundException", "The phone number is not in the SMS sandbox.");
/** Our words. */
export const wrongPasscode = () => new ServiceError("VerificationException", "The one-time password is not the one that was sent, or is too old.");
/** https://docs.aws.amazon.com/sns/latest/dg/sns-sms-sandbox.html: ten; our words. */
export const sandboxFull = () => new ServiceError("UserErrorException", "The SMS sandbox holds as many phone numbers as it can.");
/** A parameter that would be ignored is refused by name. */
export const notSupported = (what: string) => new ServiceError("InvalidParameterException", `Evoke does not support ${what} yet.`);
