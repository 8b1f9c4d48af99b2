/** The part of CBOR (RFC 8949) that the RPC protocol uses: plain values, bytes, and times as tag 1. */

const depthMax = 100;

export function encodeCbor(value: unknown): Buffer {
  const parts: Buffer[] = [];
  encode(value, parts);
  return Buffer.concat(parts);
}

function encode(value: unknown, parts: Buffer[]): void {
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    parts.push(head(3, text.length), text);
  } else if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) parts.push(double(value));
    else parts.push(value >= 0 ? head(0, value) : head(1, -1 - value));
  } else if (typeof value === 'boolean') {
    parts.push(Buffer.of(value ? 0xf5 : 0xf4));
  } else if (typeof value === 'object') {
    encodeObject(value, parts);
  } else {
    throw new Error(`a ${typeof value} has no CBOR form`);
  }
}

function encodeObject(value: object | null, parts: Buffer[]): void {
  if (value === null) {
    parts.push(Buffer.of(0xf6));
  } else if (value instanceof Date) {
    parts.push(Buffer.of(0xc1), double(value.getTime() / 1000));
  } else if (value instanceof Uint8Array) {
    parts.push(head(2, value.length), Buffer.from(value));
  } else if (Array.isArray(value)) {
    parts.push(head(4, value.length));
    for (const item of value) encode(item, parts);
  } else {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    parts.push(head(5, entries.length));
    for (const [key, item] of entries) {
      encode(key, parts);
      encode(item, parts);
    }
  }
}

function head(major: number, count: number): Buffer {
  const type = major << 5;
  if (count < 24) return Buffer.of(type | count);
  if (count < 0x100) return Buffer.of(type | 24, count);
  if (count < 0x10000) return Buffer.of(type | 25, count >> 8, count & 0xff);
  const bytes = Buffer.alloc(count < 2 ** 32 ? 5 : 9);
  bytes[0] = type | (bytes.length === 5 ? 26 : 27);
  if (bytes.length === 5) bytes.writeUInt32BE(count, 1);
  else bytes.writeBigUInt64BE(BigInt(count), 1);
  return bytes;
}

function double(value: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes[0] = 0xfb;
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

/** Reads one value. Throws SyntaxError or RangeError on anything that is not well-formed. */
export function decodeCbor(bytes: Buffer): unknown {
  const decoder = new Decoder(bytes);
  const value = decoder.value(0);
  if (value === stop || !decoder.atEnd()) throw new SyntaxError('more than one CBOR value');
  return value;
}

const stop = Symbol('break');

class Decoder {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  atEnd(): boolean {
    return this.#position === this.#bytes.length;
  }

  value(depth: number): unknown {
    if (depth > depthMax) throw new SyntaxError('CBOR too deep');
    const initial = this.#take(1).readUInt8();
    const low = initial & 31;
    switch (initial >> 5) {
      case 0:
        return this.#count(low);
      case 1:
        return -1 - this.#count(low);
      case 2:
        return low === 31
          ? Buffer.concat(this.#chunks(depth, isBytes))
          : Buffer.from(this.#take(this.#count(low)));
      case 3:
        return low === 31 ? this.#chunks(depth, isText).join('') : this.#take(this.#count(low)).toString();
      case 4:
        return this.#list(low, depth);
      case 5:
        return this.#map(low, depth);
      case 6:
        return tagged(this.#count(low), this.value(depth + 1));
      default:
        return this.#simple(low);
    }
  }

  #take(length: number): Buffer {
    const end = this.#position + length;
    if (end > this.#bytes.length) throw new RangeError('CBOR ends too early');
    const taken = this.#bytes.subarray(this.#position, end);
    this.#position = end;
    return taken;
  }

  #count(low: number): number {
    if (low < 24) return low;
    if (low === 24) return this.#take(1).readUInt8();
    if (low === 25) return this.#take(2).readUInt16BE();
    if (low === 26) return this.#take(4).readUInt32BE();
    if (low === 27) return Number(this.#take(8).readBigUInt64BE());
    throw new SyntaxError(`CBOR length ${low}`);
  }

  #chunks<Chunk>(depth: number, isChunk: (value: unknown) => value is Chunk): Chunk[] {
    const chunks: Chunk[] = [];
    for (let chunk = this.value(depth + 1); chunk !== stop; chunk = this.value(depth + 1)) {
      if (!isChunk(chunk)) throw new SyntaxError('CBOR chunk of another type');
      chunks.push(chunk);
    }
    return chunks;
  }

  #list(low: number, depth: number): unknown[] {
    const items: unknown[] = [];
    const count = low === 31 ? Infinity : this.#count(low);
    while (items.length < count) {
      const item = this.value(depth + 1);
      if (item === stop) {
        if (low === 31) return items;
        throw new SyntaxError('CBOR break');
      }
      items.push(item);
    }
    return items;
  }

  #map(low: number, depth: number): object {
    const entries: [string, unknown][] = [];
    const count = low === 31 ? Infinity : this.#count(low);
    while (entries.length < count) {
      const key = this.value(depth + 1);
      if (key === stop && low === 31) break;
      if (typeof key !== 'string') throw new SyntaxError('CBOR key is no text');
      const value = this.value(depth + 1);
      if (value === stop) throw new SyntaxError('CBOR break');
      entries.push([key, value]);
    }
    return Object.fromEntries(entries);
  }

  #simple(low: number): unknown {
    switch (low) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
      case 23:
        return null;
      case 25:
        return half(this.#take(2).readUInt16BE());
      case 26:
        return this.#take(4).readFloatBE();
      case 27:
        return this.#take(8).readDoubleBE();
      case 31:
        return stop;
      default:
        throw new SyntaxError(`CBOR simple value ${low}`);
    }
  }
}

function isBytes(value: unknown): value is Buffer {
  return Buffer.isBuffer(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** Tag 1 is a time in seconds, 2 and 3 are big integers; other tags only describe. */
function tagged(tag: number, value: unknown): unknown {
  if (tag === 1) {
    if (typeof value !== 'number') throw new SyntaxError('CBOR time is no number');
    return new Date(Math.round(value * 1000));
  }
  if (tag !== 2 && tag !== 3) return value;
  if (!Buffer.isBuffer(value)) throw new SyntaxError('CBOR big integer is no bytes');
  const magnitude = value.length === 0 ? 0 : Number(`0x${value.toString('hex')}`);
  return tag === 2 ? magnitude : -1 - magnitude;
}

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * 2 ** -14 * (fraction / 1024);
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
}
