// Writes zips from entries that are packed one by one, so that those of an earlier zip can be taken again as they are; and finds the entries of such a zip.
// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (4.3.7 local file header, 4.3.12 central directory, 4.3.16 its end)
import { promisify } from "node:util";
import { crc32, deflateRaw } from "node:zlib";

const deflate = promisify(deflateRaw);

/** More need the 64-bit form, and would be refused anyway by their size. */
export const ENTRIES_MAX = 65_535;

export interface PackedEntry {
  /** Header and data, as they stand in front. */
  local: Buffer;
  /** As it stands in the directory at the end, but for where the entry begins. */
  central: Buffer;
}

const VERSION = 20;
/** The directory's "made by": Unix, so that modes count. */
const UNIX = 3 << 8;
const UTF8 = 1 << 11;
const DEFLATED = 8;
const STORED = 0;
/** One date for every entry, 2020-01-01, so that unchanged files keep their CodeSha256. */
const DATE = (40 << 9) | (1 << 5) | 1;
const OFFSET_AT = 42;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;

/** `mode`: with the file's type, 0o100644. */
export async function packEntry(path: string, bytes: Uint8Array, mode: number): Promise<PackedEntry> {
  const name = Buffer.from(path);
  const packed = bytes.byteLength > 0 ? await deflate(bytes) : Buffer.alloc(0);
  const smaller = packed.byteLength < bytes.byteLength;
  const data = smaller ? packed : bytes;
  // What both headers say alike: version, flags, method, time, date, checksum, sizes, the name's length.
  const shared = Buffer.alloc(26);
  shared.writeUInt16LE(VERSION, 0);
  shared.writeUInt16LE(UTF8, 2);
  shared.writeUInt16LE(smaller ? DEFLATED : STORED, 4);
  shared.writeUInt16LE(DATE, 8);
  shared.writeUInt32LE(crc32(bytes), 10);
  shared.writeUInt32LE(data.byteLength, 14);
  shared.writeUInt32LE(bytes.byteLength, 18);
  shared.writeUInt16LE(name.byteLength, 22);
  const rest = Buffer.alloc(14); // comment, disk, attributes, offset
  rest.writeUInt32LE((mode * 0x10000) >>> 0, 6);
  return {
    local: Buffer.concat([Buffer.from("PK\x03\x04"), shared, name, data]),
    central: Buffer.concat([Buffer.from("PK\x01\x02"), uint16(UNIX | VERSION), shared, rest, name]),
  };
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

/** Dependencies first, so that what is saved most stands at the end; then folder by folder, by name. A path comes right before what lies below it. */
export const orderKey = (path: string): string => `${path === "node_modules" || path.startsWith("node_modules/") ? "\0" : "\x01"}${path.replaceAll("/", "\0")}`;

export function zipOf(entries: PackedEntry[]): Uint8Array {
  let offset = 0;
  const centrals = entries.map(({ local, central }) => {
    const placed = centralAt(central, offset);
    offset += local.byteLength;
    return placed;
  });
  const directoryBytes = centrals.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return Buffer.concat([...entries.map(({ local }) => local), ...centrals, endOf(entries.length, directoryBytes, offset)]);
}

export function centralAt(central: Buffer, offset: number): Buffer {
  const placed = Buffer.from(central);
  placed.writeUInt32LE(offset, OFFSET_AT);
  return placed;
}

export function endOf(entries: number, directoryBytes: number, directoryAt: number): Buffer {
  const end = Buffer.alloc(END_BYTES);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(entries, 8);
  end.writeUInt16LE(entries, 10);
  end.writeUInt32LE(directoryBytes, 12);
  end.writeUInt32LE(directoryAt, 16);
  return end;
}

export interface FoundEntry extends PackedEntry {
  path: string;
  /** Where its two parts begin in the zip. */
  at: number;
  centralAt: number;
}

/** Views of the entries of a zip of this writer; undefined for any other's, which may have gaps, comments, or another order of things. */
export function entriesOf(zip: Buffer): FoundEntry[] | undefined {
  const end = zip.byteLength - END_BYTES;
  if (end < 0 || zip.readUInt32LE(end) !== 0x06054b50) return undefined;
  const directoryAt = zip.readUInt32LE(end + 16);
  const found: FoundEntry[] = [];
  let at = 0;
  let there = directoryAt;
  while (there + CENTRAL_BYTES <= end) {
    const nameBytes = zip.readUInt16LE(there + 28);
    const next = there + CENTRAL_BYTES + nameBytes;
    const after = at + LOCAL_BYTES + nameBytes + zip.readUInt32LE(there + 20);
    const isOurs = zip.readUInt32LE(there) === 0x02014b50 && zip.readUInt32LE(there + 30) === 0 && zip.readUInt16LE(there + 8) === UTF8 && zip.readUInt32LE(there + OFFSET_AT) === at;
    if (!isOurs || next > end || after > directoryAt || zip.readUInt32LE(at) !== 0x04034b50 || zip.readUInt32LE(at + 26) !== nameBytes) return undefined;
    found.push({ path: zip.toString("utf8", next - nameBytes, next), local: zip.subarray(at, after), central: zip.subarray(there, next), at, centralAt: there });
    at = after;
    there = next;
  }
  return there === end && at === directoryAt && found.length === zip.readUInt16LE(end + 10) ? found : undefined;
}
