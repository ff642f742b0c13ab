// Parameters that would be ignored are refused by name; their empty forms, which tools send for "none", are let through.
import type { CreateFunctionRequest, UpdateFunctionCodeRequest, UpdateFunctionConfigurationRequest } from "@aws-sdk/client-lambda";
import { notSupported } from "./errors.ts";

type Parameters = Partial<CreateFunctionRequest> & Partial<UpdateFunctionCodeRequest> & Partial<UpdateFunctionConfigurationRequest>;

const filled = (list: readonly unknown[] | undefined): boolean => list !== undefined && list.length > 0;

const REFUSED: Record<string, (given: Parameters) => boolean> = {
  "SourceKMSKeyArn": ({ Code, SourceKMSKeyArn }) => Boolean(Code?.SourceKMSKeyArn || SourceKMSKeyArn),
  "KMSKeyArn": ({ KMSKeyArn }) => Boolean(KMSKeyArn),
  "FileSystemConfigs": ({ FileSystemConfigs }) => filled(FileSystemConfigs),
  "DurableConfig.KMSKeyArn": ({ DurableConfig }) => Boolean(DurableConfig?.KMSKeyArn),
};

export function refuseUnsupported(given: Parameters): void {
  for (const [what, asked] of Object.entries(REFUSED)) if (asked(given)) throw notSupported(what);
}
