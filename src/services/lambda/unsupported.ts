// Parameters that would be ignored are refused by name; their empty forms, which tools send for "none", are let through.
import type { CreateFunctionRequest, UpdateFunctionCodeRequest, UpdateFunctionConfigurationRequest } from "@aws-sdk/client-lambda";
import { notSupported } from "./errors.ts";

type Parameters = Partial<CreateFunctionRequest> & Partial<UpdateFunctionCodeRequest> & Partial<UpdateFunctionConfigurationRequest>;

const filled = (list: readonly unknown[] | undefined): boolean => list !== undefined && list.length > 0;

const REFUSED: Record<string, (given: Parameters) => boolean> = {
  "PublishTo (versions for capacity providers)": ({ PublishTo }) => PublishTo !== undefined,
  "SourceKMSKeyArn": ({ Code, SourceKMSKeyArn }) => Boolean(Code?.SourceKMSKeyArn || SourceKMSKeyArn),
  "KMSKeyArn": ({ KMSKeyArn }) => Boolean(KMSKeyArn),
  "VpcConfig": ({ VpcConfig }) => filled(VpcConfig?.SubnetIds) || filled(VpcConfig?.SecurityGroupIds) || VpcConfig?.Ipv6AllowedForDualStack === true,
  "FileSystemConfigs": ({ FileSystemConfigs }) => filled(FileSystemConfigs),
  "DurableConfig.KMSKeyArn": ({ DurableConfig }) => Boolean(DurableConfig?.KMSKeyArn),
  "CapacityProviderConfig": ({ CapacityProviderConfig }) => CapacityProviderConfig !== undefined,
};

export function refuseUnsupported(given: Parameters): void {
  for (const [what, asked] of Object.entries(REFUSED)) if (asked(given)) throw notSupported(what);
}
