/** Seeded numbers that depend only on their arguments, so the market at a time is a pure function. */

/** 32-bit hash of a string and a seed (FNV-1a, then an avalanche). */
export function hashText(text: string, seed: number): number {
  let h = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < text.length; i += 1) {
    h ^= text.charCodeAt(i);
    h = Math.imul(h, 0x01000193);
  }
  return mix(h);
}

/** A number in [0, 1) determined by `key` and `salt`. */
export function unit(key: number, salt: number): number {
  return mix(key ^ Math.imul(salt + 1, 0x9e3779b1)) / 4294967296;
}

/** A number in [0, 1) determined by a name, a purpose and a seed. */
export function unitOf(name: string, purpose: string, seed: number): number {
  return hashText(`${purpose}:${name}`, seed) / 4294967296;
}

function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Periods of the octaves in ms; amplitude grows with the square root of the period, as a random walk's does. */
const OCTAVES: readonly { readonly periodMs: number; readonly amplitude: number }[] = [
  { periodMs: 20_000, amplitude: 0.008 },
  { periodMs: 180_000, amplitude: 0.024 },
  { periodMs: 1_800_000, amplitude: 0.076 },
  { periodMs: 21_600_000, amplitude: 0.26 },
  { periodMs: 259_200_000, amplitude: 0.9 },
];

/** A continuous wandering value of `key` at a time, mostly within -1 to 1. */
export function wander(key: number, timeMs: number): number {
  let sum = 0;
  let octave = 0;
  // Called a dozen times for each row: iterators would take half as long again.
  for (const { periodMs, amplitude } of OCTAVES) {
    const position = timeMs / periodMs;
    const cell = Math.floor(position);
    const t = position - cell;
    const octaveKey = mix(key ^ Math.imul(octave + 7, 0x27d4eb2f));
    const from = corner(octaveKey, cell);
    const to = corner(octaveKey, cell + 1);
    sum += amplitude * (from + (to - from) * t * t * (3 - 2 * t));
    octave += 1;
  }
  return sum;
}

function corner(octaveKey: number, cell: number): number {
  return unit(octaveKey, cell % 2147483647) * 2 - 1;
}
