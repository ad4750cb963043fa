import { parseAccept } from "hono/utils/accept";

/** The forms that an answer has, best first: zstd costs the least time, Brotli comes next in size. */
const COMPRESSIONS = ["zstd", "br", "gzip"] as const;

export type Compression = (typeof COMPRESSIONS)[number];
export type Encoding = Compression | "identity";

/** Clients use few spellings of a header; a flood of invented ones only empties this memory. */
const MAX_REMEMBERED = 256;

/** What a request header asks for, read once per spelling: most clients send the same one every time. */
export class HeaderChoice<Choice> {
  readonly #known = new Map<string, Choice>();
  readonly #choose: (header: string) => Choice;
  readonly #unsaid: Choice;

  /** `unsaid` is chosen for requests without the header. */
  constructor(choose: (header: string) => Choice, unsaid: Choice) {
    this.#choose = choose;
    this.#unsaid = unsaid;
  }

  of(header: string | null): Choice {
    if (header === null) return this.#unsaid;
    const known = this.#known.get(header);
    if (known !== undefined) return known;
    const chosen = this.#choose(header);
    if (this.#known.size >= MAX_REMEMBERED) this.#known.clear();
    this.#known.set(header, chosen);
    return chosen;
  }
}

/** The best encoding that an Accept-Encoding header allows, as RFC 9110 12.5.3 reads it; identity when it names none. */
export function encodingOf(header: string): Encoding {
  const weights = new Map<string, number>();
  for (const { type, q } of parseAccept(header)) {
    const name = type.toLowerCase();
    // "x-gzip" is an old name that RFC 9110 8.4.1.3 asks to treat as gzip.
    weights.set(name === "x-gzip" ? "gzip" : name, q);
  }
  const weightOf = (encoding: Compression): number =>
    weights.get(encoding) ?? weights.get("*") ?? 0;
  // Identity is always allowed, so it wins only when the client says that it likes it better.
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

/** Whether an If-None-Match header names `etag`: weak comparison, lists and `*` (RFC 9110 13.1.2). */
export function matchesEtag(ifNoneMatch: string, etag: string): boolean {
  if (ifNoneMatch === etag || ifNoneMatch.trim() === "*") return true;
  // Our entity tags hold no comma, so splitting a list at commas cannot make one up.
  return ifNoneMatch.split(",").some((candidate) => candidate.trim().replace(/^W\//, "") === etag);
}
