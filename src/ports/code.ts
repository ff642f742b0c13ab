// Deployment packages: kept by the engine, named by the Lambda room.

export interface CodePackage {
  /** Hex SHA-256 of the zip; FunctionVersion.codeId. */
  id: string;
  /** Base64 SHA-256 of the zip, as AWS shows it. */
  sha256: string;
  sizeBytes: number;
  unzippedBytes: number;
}

/** Why a zip was refused. */
export type BadCodeReason = "not-a-zip" | "unzipped-too-large" | "unsafe-path" | "too-many-files";

export class BadCode extends Error {
  readonly reason: BadCodeReason;
  constructor(reason: BadCodeReason, message: string) {
    super(message);
    this.name = "BadCode";
    this.reason = reason;
  }
}

export interface CodePackages {
  /** Checks the zip without keeping anything (UpdateFunctionCode with DryRun). Throws BadCode. */
  check(zip: Uint8Array): Promise<CodePackage>;
  /** Keeps the zip durably and unpacks it, ready to run. The same bytes twice are kept once. Throws BadCode. */
  add(zip: Uint8Array): Promise<CodePackage>;
  /** The zip as it was uploaded; undefined when unknown. */
  read(id: string): Promise<Uint8Array | undefined>;
  /**
   * Forgets packages that are not used, and were not used when this was last called: one that another process has added and is about to name is safe.
   * Answers whether there are some for the next time.
   */
  keepOnly(findUsed: () => Promise<Set<string>>): Promise<boolean>;
  /** A URL, valid for 10 minutes, from which any client can download the zip. */
  downloadUrl(id: string): string;
}
