// GET /SimpleNotificationService-HASH.pem: the certificate that SNS's messages are signed for, where they say it is.
import type { SigningKey } from "./services/sns/signing-key.ts";
import type { WireRequest, WireResponse } from "./wire/http.ts";

export function certificatePage(key: () => Promise<SigningKey>) {
  return async ({ path }: WireRequest): Promise<WireResponse> => {
    const { certificatePath, certificatePem } = await key();
    if (path !== certificatePath) return { status: 404, headers: { "content-type": "text/plain; charset=utf-8" }, body: "Evoke signs with another certificate.\n" };
    return { status: 200, headers: { "content-type": "application/x-pem-file" }, body: certificatePem };
  };
}
