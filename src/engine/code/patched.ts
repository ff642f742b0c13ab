// A package made from another one and what has changed: the zip that its folder would give, byte for byte, in the time that the change takes.
// Kept as what it does not have in common with a zip that is kept whole.
import { createHash, type Hash } from "node:crypto";
import { LAMBDA } from "../../kernel/limits.ts";
import { BadCode } from "../../ports/code.ts";
import { readZip, type ZipEntry } from "./zip.ts";
import { centralAt, endOf, ENTRIES_MAX, entriesOf, orderKey } from "./zip-entries.ts";

interface Entry {
  path: string;
  key: string;
  local: Buffer;
  central: Buffer;
  unpacked: ZipEntry;
  unzippedBytes: number;
  /** Where both stand in the whole zip; undefined for one that is not in it. */
  at: { local: number; central: number } | undefined;
}

/** A package whose entries are known, in memory. */
export interface Known {
  id: string;
  /** In the order of the zip. */
  entries: Entry[];
  unzippedBytes: number;
  /** The zip that most entries are of, which is kept whole. */
  whole: { id: string; zip: Buffer; lead: Lead | undefined };
}

/** The hash so far of what nearly every package made from a zip begins with. */
interface Lead {
  bytes: number;
  hash: Hash;
}

export interface Patched {
  package: Known;
  zip: Buffer;
  digest: Buffer;
  /** What is not as in the whole zip. */
  difference: Difference;
  /** Paths that are gone, and entries that are new or other than before. */
  gone: string[];
  fresh: ZipEntry[];
}

/** A zip, piece by piece: a place in the whole zip, or bytes. */
export type Piece = [at: number, bytes: number] | Buffer;

export interface Difference {
  wholeId: string;
  pieces: Piece[];
}

/** Undefined for a zip of another writer than ours. Throws BadCode. */
export async function knownPackage(id: string, zip: Buffer): Promise<Known | undefined> {
  const entries = await entriesIn(zip, (at, central) => ({ local: at, central }));
  if (!entries) return undefined;
  const inOrder = entries.every(({ key }, index) => index === 0 || entries[index - 1]!.key < key);
  return inOrder ? { id, entries, unzippedBytes: sumOf(entries), whole: { id, zip, lead: undefined } } : undefined;
}

async function entriesIn(zip: Buffer, place: (local: number, central: number) => Entry["at"]): Promise<Entry[] | undefined> {
  const found = entriesOf(zip);
  if (!found) return undefined;
  const plan = new Map((await readZip(zip)).entries.map((entry) => [entry.path, entry]));
  const entries = found.map(({ path, local, central, at, centralAt: there }) => ({ path, key: orderKey(path), local, central, unpacked: plan.get(path)!, unzippedBytes: central.readUInt32LE(24), at: place(at, there) }));
  // A folder, or a name that is not as short as it could be, is not what this writer writes.
  return entries.every(({ unpacked }) => unpacked !== undefined && unpacked.kind !== "directory") ? entries : undefined;
}

const sumOf = (entries: Entry[]): number => entries.reduce((sum, { unzippedBytes }) => sum + unzippedBytes, 0);

/** `added`: a zip of the files that are new or other than before. Undefined when it is not of our writer. Throws BadCode. */
export async function patch(base: Known, removed: string[], added: Buffer): Promise<Patched | undefined> {
  const fresh = await entriesIn(added, () => undefined);
  if (!fresh) return undefined;
  const gone = [...removed, ...fresh.map(({ path }) => path)];
  const other = new Set(gone);
  const entries = [...base.entries.filter(({ path }) => !other.has(path)), ...fresh].sort((a, b) => (a.key < b.key ? -1 : 1));
  const unzippedBytes = sumOf(entries);
  if (entries.length > ENTRIES_MAX) throw new BadCode("too-many-files", `The package has more than ${ENTRIES_MAX} entries`);
  if (unzippedBytes > LAMBDA.unzippedBytesMax) throw new BadCode("unzipped-too-large", `Unzipped size must be smaller than ${LAMBDA.unzippedBytesMax} bytes`);
  for (const { path, key } of fresh) refuseBelowFile(entries, path, placeOf(entries, key));
  const pieces = piecesOf(entries);
  const zip = joinPieces(pieces, base.whole.zip);
  const digest = digestOf(zip, pieces, base.whole);
  return {
    package: { id: digest.toString("hex"), entries, unzippedBytes, whole: base.whole }, zip, digest,
    difference: { wholeId: base.whole.id, pieces }, gone, fresh: fresh.map(({ unpacked }) => unpacked),
  };
}

/** Of a key that is there. */
function placeOf(entries: Entry[], key: string): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle]!.key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What lies below a path follows it at once, so neighbours tell. */
function refuseBelowFile(entries: Entry[], path: string, index: number): void {
  const [before, after] = [entries[index - 1]?.path, entries[index + 1]?.path];
  if (before !== undefined && path.startsWith(`${before}/`)) throw new BadCode("unsafe-path", `${JSON.stringify(path)} lies below ${JSON.stringify(before)}, which is no folder`);
  if (after?.startsWith(`${path}/`)) throw new BadCode("unsafe-path", `${JSON.stringify(after)} lies below ${JSON.stringify(path)}, which is no folder`);
}

/** As few as there can be: neighbours in the whole zip are one piece. */
function piecesOf(entries: Entry[]): Piece[] {
  const pieces: Piece[] = [];
  let own: Buffer[] = [];
  const close = () => {
    if (own.length > 0) pieces.push(Buffer.concat(own));
    own = [];
  };
  const take = (at: number, bytes: number) => {
    close();
    const last = pieces.at(-1);
    if (Array.isArray(last) && last[0] + last[1] === at) last[1] += bytes;
    else pieces.push([at, bytes]);
  };
  let offset = 0;
  let directoryBytes = 0;
  const centrals: [Entry, number][] = [];
  for (const entry of entries) {
    if (entry.at) take(entry.at.local, entry.local.byteLength);
    else own.push(entry.local);
    centrals.push([entry, offset]);
    offset += entry.local.byteLength;
  }
  for (const [{ at, central }, place] of centrals) {
    if (at?.local === place) take(at.central, central.byteLength);
    else own.push(centralAt(central, place));
    directoryBytes += central.byteLength;
  }
  own.push(endOf(entries.length, directoryBytes, offset));
  close();
  return pieces;
}

const bytesOf = (piece: Piece): number => (Array.isArray(piece) ? piece[1] : piece.byteLength);

export function joinPieces(pieces: Piece[], whole: Buffer): Buffer {
  return Buffer.concat(pieces.map((piece) => (Array.isArray(piece) ? whole.subarray(piece[0], piece[0] + piece[1]) : piece)));
}

/** SHA-256. */
function digestOf(zip: Buffer, pieces: Piece[], whole: Known["whole"]): Buffer {
  const first = pieces[0]!;
  const leadBytes = Array.isArray(first) && first[0] === 0 ? first[1] : 0;
  const known = whole.lead && whole.lead.bytes <= leadBytes ? whole.lead : undefined;
  const hash = known?.hash.copy() ?? createHash("sha256");
  hash.update(zip.subarray(known?.bytes ?? 0, leadBytes));
  whole.lead = { bytes: leadBytes, hash: hash.copy() };
  return hash.update(zip.subarray(leadBytes)).digest();
}

/** A line of JSON, then the bytes, one after the other. */
export function writeDifference({ wholeId, pieces }: Difference): Buffer {
  const line = JSON.stringify({ wholeId, pieces: pieces.map((piece) => (Array.isArray(piece) ? piece : bytesOf(piece))) });
  return Buffer.concat([Buffer.from(`${line}\n`), ...pieces.filter((piece): piece is Buffer => !Array.isArray(piece))]);
}

/** It stands first, so that whoever looks for it alone need not read the rest. */
export const WHOLE_ID_BYTES = 80;
export const wholeIdOf = (beginning: Uint8Array): string => Buffer.from(beginning).toString("latin1", 12, 76);

export function readDifference(bytes: Buffer): Difference {
  const lineBytes = bytes.indexOf(0x0a);
  const { wholeId, pieces } = JSON.parse(bytes.toString("utf8", 0, lineBytes)) as { wholeId: string; pieces: (number | [number, number])[] };
  let at = lineBytes + 1;
  return { wholeId, pieces: pieces.map((piece) => (Array.isArray(piece) ? piece : bytes.subarray(at, (at += piece)))) };
}
