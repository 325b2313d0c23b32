import { crc32 } from '../../gateway/platform';

/** Bytes of the records of the format, without names (APPNOTE.TXT of PKWARE 6.3, 4.3.7, 4.3.12 and 4.3.16). */
const localBytes = 30;
const centralBytes = 46;
const endBytes = 22;
const signatures = { local: 0x04034b50, central: 0x02014b50, end: 0x06054b50 };
/** Version 2.0 of the format: files in an archive, without compression. */
const neededVersion = 20;
/** 1 January 1980, the earliest date that the format has: the archive of the same files is the same. */
const firstDate = 0x21;

/**
 * An archive of files, which are stored as they are: a model is random numbers, and shrinks by some percent only.
 * @param files by name, ASCII; below 4 GB in sum
 */
export function zipOf(files: Readonly<Record<string, Uint8Array>>): Buffer {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const label = Buffer.from(name, 'ascii');
    const fields = commonFields(label, content);
    const local = Buffer.alloc(localBytes);
    local.writeUInt32LE(signatures.local, 0);
    fields.copy(local, 4);
    const central = Buffer.alloc(centralBytes);
    central.writeUInt32LE(signatures.central, 0);
    central.writeUInt16LE(neededVersion, 4);
    fields.copy(central, 6);
    central.writeUInt32LE(offset, 42);
    parts.push(local, label, content);
    directory.push(central, label);
    offset += localBytes + label.length + content.length;
  }
  const count = Object.keys(files).length;
  const end = Buffer.alloc(endBytes);
  end.writeUInt32LE(signatures.end, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(
    directory.reduce((sum, { length }) => sum + length, 0),
    12,
  );
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

/** The 26 bytes that the local header of a file and its entry of the directory share. */
function commonFields(label: Uint8Array, content: Uint8Array): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(neededVersion, 0);
  fields.writeUInt16LE(firstDate, 8);
  fields.writeUInt32LE(crc32(content) >>> 0, 10);
  fields.writeUInt32LE(content.length, 14);
  fields.writeUInt32LE(content.length, 18);
  fields.writeUInt16LE(label.length, 22);
  return fields;
}
