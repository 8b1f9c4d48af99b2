/** An IPv4 network: `base` is its first address as an unsigned number, `prefixLength` from 0 to 32. */
export interface Cidr {
  readonly base: number;
  readonly prefixLength: number;
}

/** Reads `10.0.0.0`; undefined when it is not four decimal bytes. */
export function parseAddress(text: string): number | undefined {
  const bytes = text.split('.');
  if (bytes.length !== 4) return undefined;
  let address = 0;
  for (const byte of bytes) {
    if (!/^(0|[1-9]\d{0,2})$/.test(byte) || Number(byte) > 255) return undefined;
    address = address * 256 + Number(byte);
  }
  return address;
}

export function renderAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

/** Reads `10.0.0.0/16`; undefined when malformed. Host bits are kept out of `base` (AWS canonicalizes them too). */
export function parseCidr(text: string): Cidr | undefined {
  const [addressText, lengthText, ...rest] = text.split('/');
  if (rest.length > 0 || addressText === undefined || lengthText === undefined) return undefined;
  if (!/^(0|[1-9]\d?)$/.test(lengthText) || Number(lengthText) > 32) return undefined;
  const address = parseAddress(addressText);
  if (address === undefined) return undefined;
  const prefixLength = Number(lengthText);
  return { base: address - (address % cidrSize({ base: 0, prefixLength })), prefixLength };
}

export function renderCidr({ base, prefixLength }: Cidr): string {
  return `${renderAddress(base)}/${prefixLength}`;
}

/** How many addresses the network has. */
export function cidrSize({ prefixLength }: Cidr): number {
  return 2 ** (32 - prefixLength);
}

export function cidrsOverlap(a: Cidr, b: Cidr): boolean {
  return a.base < b.base + cidrSize(b) && b.base < a.base + cidrSize(a);
}

/** Whether `inner` lies in `outer`, or is the same. */
export function cidrContains(outer: Cidr, inner: Cidr): boolean {
  return inner.prefixLength >= outer.prefixLength && cidrsOverlap(outer, inner);
}

export function cidrContainsAddress(cidr: Cidr, address: number): boolean {
  return address >= cidr.base && address < cidr.base + cidrSize(cidr);
}
