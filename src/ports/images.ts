// Container images: found, checked and unpacked by the engine, named by the Lambda room.
// https://docs.aws.amazon.com/lambda/latest/dg/images-create.html

export interface ContainerImage {
  /** Hex SHA-256 of the manifest; FunctionVersion.codeId. */
  id: string;
  /** REPOSITORY@sha256:… */
  resolvedUri: string;
}

/** Why an image was refused. */
export type BadImageReason = "not-an-image-uri" | "not-there" | "unsupported" | "broken" | "too-large";

export class BadImage extends Error {
  readonly reason: BadImageReason;
  constructor(reason: BadImageReason, message: string) {
    super(message);
    this.name = "BadImage";
    this.reason = reason;
  }
}

export interface ContainerImages {
  /** Resolves the tag to a digest and keeps that image ready to run, whatever becomes of the tag. Throws BadImage. */
  add(uri: string, architecture: "x86_64" | "arm64"): Promise<ContainerImage>;
}
