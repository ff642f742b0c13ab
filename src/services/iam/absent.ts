// Lists of what cannot be made here. They are empty, which is true; tools that clean up or look around ask for them before they go on.
import type * as Sdk from "@aws-sdk/client-iam";
import type { Call } from "../../kernel/call.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { getEntity, USER } from "./entities.ts";
import { ownUserName } from "./users.ts";

type AbsentApi = Pick<Api<typeof Sdk>, "ListMFADevices" | "ListVirtualMFADevices" | "ListSSHPublicKeys" | "ListSigningCertificates" | "ListServiceSpecificCredentials" | "ListServerCertificates" | "ListOpenIDConnectProviders" | "ListSAMLProviders">;

export function absentOperations(stores: Stores): AbsentApi {
  const checkUser = async (given: string | undefined, call: Call): Promise<void> => {
    const name = given ?? ownUserName(call);
    if (name !== undefined) await getEntity(stores, USER, call.account, name);
  };
  return {
    async ListMFADevices(input, call) {
      await checkUser(input.UserName, call);
      return { MFADevices: [], IsTruncated: false };
    },
    async ListSSHPublicKeys(input, call) {
      await checkUser(input.UserName, call);
      return { SSHPublicKeys: [], IsTruncated: false };
    },
    async ListSigningCertificates(input, call) {
      await checkUser(input.UserName, call);
      return { Certificates: [], IsTruncated: false };
    },
    async ListServiceSpecificCredentials(input, call) {
      await checkUser(input.UserName, call);
      return { ServiceSpecificCredentials: [], IsTruncated: false };
    },
    ListVirtualMFADevices: async () => ({ VirtualMFADevices: [], IsTruncated: false }),
    ListServerCertificates: async () => ({ ServerCertificateMetadataList: [], IsTruncated: false }),
    ListOpenIDConnectProviders: async () => ({ OpenIDConnectProviderList: [] }),
    ListSAMLProviders: async () => ({ SAMLProviderList: [] }),
  };
}
