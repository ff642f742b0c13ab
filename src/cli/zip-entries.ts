// Writes zips from entries that are packed one by one, so that those of an earlier zip can be taken again as they are.
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

export function zipOf(entries: PackedEntry[]): Uint8Array {
  let offset = 0;
  const centrals = entries.map(({ local, central }) => {
    const placed = Buffer.from(central);
    placed.writeUInt32LE(offset, OFFSET_AT);
    offset += local.byteLength;
    return placed;
  });
  const directoryBytes = centrals.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directoryBytes, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...entries.map(({ local }) => local), ...centrals, end]);
}
