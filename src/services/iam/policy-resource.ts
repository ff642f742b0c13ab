// What IAM checks in one entry of a policy's Resource.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html

export interface ResourceProblem {
  message: string;
  /** Found by IAM's older parser, whose one message comes before all others. */
  legacy?: boolean;
}

const PARTITION = /^(aws|aws-cn|aws-us-gov|aws-iso(-[a-z])?|aws-eusc|\*)$/;
const IAM_PATHS = ["user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/", "server-certificate/", "policy/", "sms-mfa/", "saml-provider/", "oidc-provider/", "report/", "access-report/"];

/** Undefined when there is nothing to say against it. */
export function resourceProblem(resource: string): ResourceProblem | undefined {
  if (resource === "*") return undefined;
  const parts = resource.split(":");
  if (parts.length === 1) return { message: `Resource ${resource} must be in ARN format or "*".` };
  const partition = parts[1]!;
  if (!PARTITION.test(partition)) {
    const shown = ["arn", ...parts.slice(1)];
    while (shown.length < 6) shown.push("*");
    return { message: `Partition "${partition}" is not valid for resource "${shown.join(":")}".` };
  }
  if (parts.length === 2) return { message: "Resource vendor must be fully qualified and cannot contain regexes." };
  const [, , service, region] = parts as [string, string, string, string | undefined];
  if (parts.length < 6 || service === "") return { message: "", legacy: true };
  return serviceProblem(resource, service, region!, parts.slice(5).join(":"));
}

function serviceProblem(resource: string, service: string, region: string, rest: string): ResourceProblem | undefined {
  if (service === "iam") {
    if (region !== "" && region !== "*") return { message: `IAM resource ${resource} cannot contain region information.` };
    if (rest !== "*" && rest !== "root" && !IAM_PATHS.some((path) => rest.startsWith(path) || (rest.includes("*") && path.startsWith(rest.slice(0, rest.indexOf("*"))))))
      return { message: `IAM resource path must either be "*", root, or start with ${IAM_PATHS.join(", ")}.` };
  }
  if (service === "s3" && region !== "" && region !== "*" && !rest.startsWith("accesspoint/")) return { message: `Resource ${resource} can not contain region information.` };
  return undefined;
}
