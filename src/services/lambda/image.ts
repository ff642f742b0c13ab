// Functions whose code is a container image. https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
import type { CreateFunctionRequest, FunctionConfiguration, UpdateFunctionConfigurationRequest } from "@aws-sdk/client-lambda";
import { BadImage, type ContainerImages } from "../../ports/images.ts";
import type { Code } from "./function.ts";
import { handlerForImage, imageConfigForZip, imageNotSupported, imageNotThere, imageNotValid, imageUriMissing } from "./image-errors.ts";
import type { Settings } from "./settings.ts";

/** What an ImageConfig overrides; absent members are the image's own. */
export interface ImageSettings {
  entryPoint?: string[];
  command?: string[];
  workingDirectory?: string;
}

type Given = Partial<CreateFunctionRequest> | UpdateFunctionConfigurationRequest;

export function checkNewImage({ Code }: CreateFunctionRequest): void {
  if (!Code?.ImageUri) throw imageUriMissing();
}

/** An ImageConfig is given whole: what it leaves out is the image's own again. */
export function changedImage(after: Settings, { Runtime, Handler, Layers, ImageConfig }: Given): void {
  const { EntryPoint, Command, WorkingDirectory } = ImageConfig ?? {};
  if (!after.image) {
    if (EntryPoint?.length || Command?.length || WorkingDirectory) throw imageConfigForZip();
    return;
  }
  if (Runtime || Handler || Layers?.length) throw handlerForImage();
  if (!ImageConfig) return;
  after.image = { ...(EntryPoint?.length ? { entryPoint: EntryPoint } : {}), ...(Command?.length ? { command: Command } : {}), ...(WorkingDirectory ? { workingDirectory: WorkingDirectory } : {}) };
}

export function shownImage(image: ImageSettings | undefined): Pick<FunctionConfiguration, "PackageType" | "ImageConfigResponse"> {
  if (!image) return { PackageType: "Zip" };
  const { entryPoint, command, workingDirectory } = image;
  const ImageConfig = { ...(entryPoint ? { EntryPoint: entryPoint } : {}), ...(command ? { Command: command } : {}), ...(workingDirectory ? { WorkingDirectory: workingDirectory } : {}) };
  return { PackageType: "Image", ...(Object.keys(ImageConfig).length ? { ImageConfigResponse: { ImageConfig } } : {}) };
}

/** Resolved now: what is pushed to the tag later has no effect. CodeSize is 0, CodeSha256 the digest, as on AWS. */
export async function addImage({ images }: { images: ContainerImages }, uri: string, architecture: Settings["architecture"]): Promise<Code> {
  try {
    const { id, resolvedUri } = await images.add(uri, architecture);
    return { id, sha256: id, sizeBytes: 0, image: { uri, resolvedUri } };
  } catch (error) {
    throw error instanceof BadImage ? refused(uri, error) : error;
  }
}

function refused(uri: string, { reason, message }: BadImage): Error {
  switch (reason) {
    case "not-there": return imageNotThere(uri, message);
    case "unsupported": return imageNotSupported(uri, message);
    case "not-an-image-uri":
    case "broken":
    case "too-large": return imageNotValid(uri, message);
  }
}
