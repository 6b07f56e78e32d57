/** A range of IPv4 addresses, both ends included, as numbers. */
export type Subnet = { readonly first: number; readonly last: number };

/** The range of an IPv4 CIDR; null for anything else, such as IPv6. */
export function subnetFrom(cidr: string): Subnet | null {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr);
  if (match === null) return null;
  const [a, b, c, d, prefix] = match.slice(1).map(Number) as [number, number, number, number, number];
  if ([a, b, c, d].some((byte) => byte > 255) || prefix > 32) return null;
  const size = 2 ** (32 - prefix);
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  const first = address - (address % size);
  return { first, last: first + size - 1 };
}

/** Every /`prefix` of `pool` that no range of `used` touches, in CIDR notation, beginning at a place that `seed` picks. */
export function* freeSubnets(pool: string, prefix: number, used: readonly Subnet[], seed: number): Generator<string> {
  const range = subnetFrom(pool);
  if (range === null) throw new RangeError(`${pool} is not an IPv4 range`);
  const size = 2 ** (32 - prefix);
  const count = Math.floor((range.last - range.first + 1) / size);
  for (let step = 0; step < count; step++) {
    const first = range.first + ((seed + step) % count) * size;
    const last = first + size - 1;
    if (!used.some((other) => other.first <= last && other.last >= first)) yield `${dotted(first)}/${prefix}`;
  }
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
