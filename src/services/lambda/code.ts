// Deployment packages on their way in: AWS's limits and sentences around the code port.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-package.html
import { LAMBDA } from "../../kernel/limits.ts";
import { BadCode, type CodePackage } from "../../ports/code.ts";
import { codeEmpty, invalidParameter, notUnzippable, unzippedTooLarge, zippedTooLarge } from "./errors.ts";

/** `read` is one of the port's `add` and `check`. */
export async function readZip(zip: Uint8Array, read: (zip: Uint8Array) => Promise<CodePackage>): Promise<CodePackage> {
  if (zip.byteLength === 0 || isEmptyZip(zip)) throw codeEmpty();
  if (zip.byteLength > LAMBDA.zipBytesMax) throw zippedTooLarge();
  try {
    return await read(zip);
  } catch (error) {
    throw error instanceof BadCode ? refused(error) : error;
  }
}

/** A zip without files begins with its end-of-directory record. */
const isEmptyZip = (zip: Uint8Array): boolean => zip[0] === 0x50 && zip[1] === 0x4b && zip[2] === 5 && zip[3] === 6;

function refused(bad: BadCode): Error {
  switch (bad.reason) {
    case "unzipped-too-large": return unzippedTooLarge();
    case "too-many-files": return invalidParameter(bad.message);
    case "not-a-zip":
    case "unsafe-path": return notUnzippable();
  }
}
