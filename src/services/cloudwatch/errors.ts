// What CloudWatch answers when it refuses. Texts quoted in public issues and AWS's own documentation where a comment says so; otherwise our words.
import { ServiceError } from "../../kernel/errors.ts";

const invalid = (message: string) => new ServiceError("InvalidParameterValueException", message);
const combination = (message: string) => new ServiceError("InvalidParameterCombinationException", message);
const missing = (message: string) => new ServiceError("MissingRequiredParameterException", message);
const validation = (message: string) => new ServiceError("ValidationException", message);

/** Seen in aws/aws-sdk-java#1230 and many others. */
export const reservedNamespace = (namespace: string) => invalid(`The value ${namespace} for parameter Namespace is invalid.`);
export const badValue = (value: number, parameter: string) => invalid(`The value ${value} for parameter ${parameter} is invalid.`);
export const tooOld = (parameter: string) => invalid(`The parameter ${parameter} must specify a time no more than two weeks in the past.`);
export const tooNew = (parameter: string) => invalid(`The parameter ${parameter} must specify a time no more than two hours in the future.`);
export const exclusive = (parameters: string[]) => combination(`The parameters ${parameters.join(" and ")} are mutually exclusive and you have specified both.`);
export const noValue = (parameter: string) => missing(`At least one of the parameters ${parameter}.Value, ${parameter}.Values and ${parameter}.StatisticValues must be specified.`);
export const countsDoNotFit = (parameter: string) => invalid(`The parameters ${parameter}.Values and ${parameter}.Counts must have the same number of members.`);
export const duplicateDimension = (name: string) => invalid(`Invalid parameter: the dimension ${name} is given twice.`);
/** Text in aws/aws-cli#1457 and others. */
export const noStatistic = () => missing("At least one of the parameters Statistics and ExtendedStatistics must be specified.");
export const badStatistic = (name: string) => invalid(`The value ${name} for parameter ExtendedStatistics.member.1 is invalid.`);
/** Text in hashicorp/terraform-provider-aws and aws-sdk issues. */
export const startNotBeforeEnd = () => validation("The parameter StartTime must be less than the parameter EndTime.");
export const badPeriod = (period: number) => invalid(`The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60, not ${period}.`);
/** https://repost.aws/knowledge-center/cloudwatch-getmetricstatistics-data */
export const tooManyPoints = (asked: number, limit: number) =>
  combination(`You have requested up to ${asked.toLocaleString("en-US")} datapoints, which exceeds the limit of ${limit.toLocaleString("en-US")}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`);
/** Our words: AWS is as wide as it needs to be, one machine is not. */
export const tooMuchWork = (what: string) => combination(`The request ${what}. Ask for fewer metrics at once, a shorter time, or longer periods.`);
export const badToken = () => new ServiceError("InvalidNextToken", "The value for parameter NextToken is invalid.");
export const badQuery = (id: string, reason: string) => validation(`Error in expression '${id}': ${reason}`);
/** Quoted in the source of a client of GetMetricData. */
export const badId = (id: string, index: number) => validation(`The value ${id} for parameter MetricDataQueries.member.${index + 1}.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.`);
export const duplicateId = (id: string) => validation(`The value for parameter MetricDataQueries.member.Id is used twice: ${id}.`);
export const statOrExpression = (id: string) => validation(`Exactly one of the parameters MetricStat and Expression must be specified for MetricDataQueries ${id}.`);
/** A parameter that would do nothing is refused by name. */
export const notSupported = (what: string) => invalid(`Evoke does not support ${what} yet.`);
