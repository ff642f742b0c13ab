// REGISTRY/REPOSITORY:TAG or …@sha256:DIGEST, taken apart. https://github.com/distribution/reference/blob/main/regexp.go
import { BadImage } from "../../ports/images.ts";

export interface ImageReference {
  /** With the registry, as it was given. */
  name: string;
  /** Without the registry: a path of plain names. */
  repository: string;
  tag: string;
  /** sha256:HEX; wins over the tag. */
  digest?: string;
}

const LENGTH_MAX = 1024;
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
/** What tells a registry from the first part of a path: a dot, a port, or this name. */
const REGISTRY = /^(localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|[A-Za-z0-9-]+(?=:))(?::\d+)?$/;

/** Throws BadImage. */
export function readReference(uri: string): ImageReference {
  const bad = new BadImage("not-an-image-uri", `${JSON.stringify(uri.slice(0, 200))} is not REPOSITORY:TAG or REPOSITORY@sha256:DIGEST`);
  if (uri.length > LENGTH_MAX) throw bad;
  const [named, digest, more] = uri.split("@");
  if (more !== undefined || (digest !== undefined && !DIGEST.test(digest))) throw bad;
  const colon = named!.lastIndexOf(":");
  const hasTag = colon > named!.lastIndexOf("/");
  const name = hasTag ? named!.slice(0, colon) : named!;
  const tag = hasTag ? named!.slice(colon + 1) : "latest";
  const parts = name.split("/");
  const path = parts.length > 1 && REGISTRY.test(parts[0]!) ? parts.slice(1) : parts;
  if (!TAG.test(tag) || !path.every((part) => COMPONENT.test(part))) throw bad;
  return { name, repository: path.join("/"), tag, ...(digest === undefined ? {} : { digest }) };
}
