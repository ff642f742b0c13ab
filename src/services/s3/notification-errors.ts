// What PutBucketNotificationConfiguration refuses. Recorded by LocalStack on AWS, unless said otherwise.
import { ServiceError } from "../../kernel/errors.ts";

const invalid = (message: string, name?: string, value?: string) => new ServiceError("InvalidArgument", message, { members: name === undefined ? {} : { ArgumentName: name, ArgumentValue: value ?? "" } });

/** `element`: Queue, Topic or CloudFunction. */
export const badDestinationArn = (element: string, arn: string) => invalid("The ARN could not be parsed", element, arn);
/** Seen in many public reports. */
export const destinationElsewhere = (element: string, arn: string) => invalid("The notification destination service region is not valid for the bucket location constraint", element, arn);
/** MinIO has the sentence from AWS. */
export const unknownEvent = (event: string) => invalid("A specified event is not supported for notifications.", "Event", event);
export const badFilterName = (name: string) => invalid("filter rule name must be either prefix or suffix", "FilterRule.Name", name);
/** MinIO has the sentences from AWS. */
export const twoOfFilter = (name: "Prefix" | "Suffix") => invalid(`Cannot specify more than one ${name.toLowerCase()} rule in a filter.`, "FilterRule.Name", name.toLowerCase());
export const filterValueTooLong = (value: string) => invalid("Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation", "FilterRule.Value", value);
/** Seen in many public reports; with filters, and without. */
export const overlappingFilters = () => invalid("Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.");
export const overlappingRules = () => invalid("Configurations overlap. Configurations on the same bucket cannot share a common event type.");
/** Recalled. */
export const sameRuleId = (id: string) => invalid("Same ID used for multiple configurations. IDs must be unique.", "Id", id);
/** https://docs.aws.amazon.com/general/latest/gr/s3.html: a hundred; our words. */
export const tooManyRules = () => invalid("A bucket cannot have more than 100 event notification configurations.");
/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_QueueConfiguration.html; our words. */
export const ruleIdTooLong = (id: string) => invalid("The ID of a configuration cannot be longer than 255 characters.", "Id", id);

/** One for each that failed, in their order: the name of the destination, and what is wrong with it. */
export const destinationsRefused = (failed: { name: string; why: string }[]) =>
  new ServiceError("InvalidArgument", "Unable to validate the following destination configurations", {
    members: Object.fromEntries(failed.flatMap(({ name, why }, index) => [[`ArgumentName${index + 1}`, name], [`ArgumentValue${index + 1}`, why]])),
  });
