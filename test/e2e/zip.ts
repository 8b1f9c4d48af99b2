import { crc32 } from 'node:zlib';

/**
 * A zip archive of text files, stored and not compressed.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16.
 */
export function zip(files: Readonly<Record<string, string>>): Buffer {
  const members: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const nameBytes = Buffer.from(name);
    const content = Buffer.from(text);
    const common = commonFields(nameBytes, content);
    const header = Buffer.concat([signature(0x04034b50), common, nameBytes]);
    const attributes = Buffer.alloc(14); // comment's length, disk, attributes, where the member begins
    attributes.writeUInt32LE(offset, 10);
    directory.push(signature(0x02014b50), twoBytes(20), common, attributes, nameBytes);
    members.push(header, content);
    offset += header.length + content.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(members.length / 2, 4);
  end.writeUInt16LE(members.length / 2, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...members, central, signature(0x06054b50), end]);
}

/** What a member's header and its entry in the directory have in common. */
function commonFields(name: Buffer, content: Buffer): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0); // version needed
  fields.writeUInt16LE(0x5a21, 8); // a date: 2025-01-01
  fields.writeUInt32LE(crc32(content), 10);
  fields.writeUInt32LE(content.length, 14);
  fields.writeUInt32LE(content.length, 18);
  fields.writeUInt16LE(name.length, 22);
  return fields;
}

function signature(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return bytes;
}

function twoBytes(number: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(number);
  return bytes;
}
