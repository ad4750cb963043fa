import { parseAccept } from "hono/utils/accept";

/** Supported encodings, best first: zstd takes the least time, Brotli comes next in size. */
const COMPRESSIONS = ["zstd", "br", "gzip"] as const;

export type Compression = (typeof COMPRESSIONS)[number];
export type Encoding = Compression | "identity";

/** Clients use few spellings of a header; a flood of different ones merely clears this cache. */
const MAX_REMEMBERED = 256;

/** The choice made from a request header, cached per spelling: most clients always send the same one. */
export class HeaderChoice<Choice> {
  readonly #known = new Map<string, Choice>();
  readonly #choose: (header: string) => Choice;
  readonly #fallback: Choice;

  /** `fallback` is the choice for requests without the header. */
  constructor(choose: (header: string) => Choice, fallback: Choice) {
    this.#choose = choose;
    this.#fallback = fallback;
  }

  of(header: string | null): Choice {
    if (header === null) return this.#fallback;
    const known = this.#known.get(header);
    if (known !== undefined) return known;
    const chosen = this.#choose(header);
    if (this.#known.size >= MAX_REMEMBERED) this.#known.clear();
    this.#known.set(header, chosen);
    return chosen;
  }
}

/** The best encoding allowed by an Accept-Encoding header (RFC 9110 12.5.3); identity if it allows none of ours. */
export function encodingOf(header: string): Encoding {
  const weights = new Map<string, number>();
  for (const { type, q } of parseAccept(header)) {
    const name = type.toLowerCase();
    // "x-gzip" is an old name that RFC 9110 8.4.1.3 says to treat as gzip.
    weights.set(name === "x-gzip" ? "gzip" : name, q);
  }
  const weightOf = (encoding: Compression): number =>
    weights.get(encoding) ?? weights.get("*") ?? 0;
  // Identity is always allowed, so it is chosen only if the client prefers it.
  let best: Encoding = "identity";
  let bestWeight = weights.get("identity") ?? 0;
  for (const encoding of COMPRESSIONS) {
    const weight = weightOf(encoding);
    if (weight > 0 && (best === "identity" ? weight >= bestWeight : weight > bestWeight)) {
      best = encoding;
      bestWeight = weight;
    }
  }
  return best;
}

/** Whether an If-None-Match header matches `etag`: weak comparison, lists and `*` (RFC 9110 13.1.2). */
export function matchesEtag(ifNoneMatch: string, etag: string): boolean {
  if (ifNoneMatch === etag || ifNoneMatch.trim() === "*") return true;
  // Our entity tags contain no comma, so splitting at commas is safe.
  return ifNoneMatch.split(",").some((candidate) => candidate.trim().replace(/^W\//, "") === etag);
}
