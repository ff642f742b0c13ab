// Amazon Resource Names. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html

export interface Arn {
  partition: string;
  service: string;
  region: string;
  account: string;
  /** Everything after the account, colons and slashes included. */
  resource: string;
}

/** Undefined when the text is not an ARN. */
export function parseArn(text: string): Arn | undefined {
  const match = /^arn:([^:]+):([^:]+):([^:]*):([^:]*):(.+)$/s.exec(text);
  if (!match) return undefined;
  const [, partition, service, region, account, resource] = match as unknown as string[];
  return { partition: partition!, service: service!, region: region!, account: account!, resource: resource! };
}

export const formatArn = (service: string, region: string, account: string, resource: string): string => `arn:${partitionOf(region)}:${service}:${region}:${account}:${resource}`;

export function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  if (region.startsWith("us-gov-")) return "aws-us-gov";
  return "aws";
}
