import { z } from "zod";
import type { Load, Reply } from "./exchange.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import {
  anyValue,
  badEnvelope,
  decodeEnvelope,
  nonEmpty,
  numeric,
  type Numeric,
  quantityOf,
  word,
} from "./wire.ts";

/** Hyperliquid's calls, and the row fields that are kept, as received. */

export const INFO_PATH = "/info";

/** Three times the known dexes; with the main dex and the lists that fits the pacing of one minute. */
export const MAX_DEXES = 30;

const assetRow = z.object({
  name: nonEmpty,
  asset: z.object({
    isDelisted: anyValue,
    // Only on HIP-3 dexes.
    growthMode: anyValue,
    deployerFeeScale: numeric.optional(),
  }),
  ctx: z.object({
    funding: numeric,
    openInterest: numeric,
    dayNtlVlm: numeric,
    oraclePx: numeric,
    markPx: numeric,
    midPx: numeric,
  }),
});
export type AssetRow = z.infer<typeof assetRow>;
const NO_ASSETS: Rows<AssetRow> = { rows: [], rejects: [] };

const metaAndCtxs = z.tuple([
  z.object({ universe: z.array(z.unknown()), collateralToken: numeric }),
  z.array(z.unknown()),
]);

export interface Dex {
  readonly collateralToken: Numeric;
  readonly assets: Rows<AssetRow>;
}

export type Tokens = ReadonlyMap<number, string>;

/** What deployers state that their contracts track, by contract name; in their own spelling. */
export type Categories = ReadonlyMap<string, string>;

/** One HIP-3 dex of the list. */
export interface ListedDex {
  readonly name: string;
  readonly deployerFeeScale?: Numeric;
}

export interface DexList {
  readonly dexes: readonly ListedDex[];
  /** How many more exist than are requested, including those without a name. */
  readonly leftOut: number;
}

export interface NamedDex extends ListedDex {
  readonly reply: Reply<Dex>;
}

export interface Raw {
  readonly main: Reply<Dex>;
  readonly tokens: Reply<Tokens> | null;
  readonly categories: Reply<Categories> | null;
  readonly builders: readonly NamedDex[];
  readonly dexesLeftOut: number;
}

export const loadDex =
  (name: string | null): Load<Dex> =>
  (http) =>
    http.postRead(
      INFO_PATH,
      name === null ? { type: "metaAndAssetCtxs" } : { type: "metaAndAssetCtxs", dex: name },
      (body) => decodeDex(body, name),
    );

export const loadDexes: Load<DexList> = (http) =>
  http.postRead(INFO_PATH, { type: "perpDexs" }, decodeDexes);

/** One reply for the contracts of all dexes. */
export const loadCategories: Load<Categories> = (http) =>
  http.postRead(INFO_PATH, { type: "perpConciseAnnotations" }, decodeCategories);

export const loadTokens: Load<Tokens> = (http) =>
  http.postRead(INFO_PATH, { type: "spotMeta" }, decodeTokens);

const errorBody = z.object({ status: z.literal("err"), response: word });

/** Throws RequestFailure("bad_envelope") for an error with HTTP 200. */
export function refuseError(body: unknown): void {
  const error = errorBody.safeParse(body);
  if (error.success) throw badEnvelope(`error ${error.data.response ?? "without a text"}`);
}

/** Contexts have no names: they belong to the universe entry with the same index. Only a builder's dex may be empty. */
function decodeDex(body: unknown, dex: string | null): Dex {
  refuseError(body);
  const [meta, ctxs] = decodeEnvelope(metaAndCtxs, body);
  if (meta.universe.length !== ctxs.length) {
    throw badEnvelope(`${meta.universe.length} names for ${ctxs.length} contexts`);
  }
  const zipped = meta.universe.map((asset, index) => ({
    name: nameOf(asset),
    asset,
    ctx: ctxs[index],
  }));
  if (zipped.length > 0 && zipped.every(({ name }) => dexOf(name) !== dex)) {
    throw badEnvelope("the answer is another dex's");
  }
  return {
    collateralToken: meta.collateralToken,
    assets: dex !== null && zipped.length === 0 ? NO_ASSETS : decodeRows(assetRow, zipped, "name"),
  };
}

/** The part before the colon; null on the main dex. */
function dexOf(name: string | null): string | null | undefined {
  if (name === null) return undefined;
  const colon = name.indexOf(":");
  return colon < 0 ? null : name.slice(0, colon);
}

const named = z.object({ name: nonEmpty });

function nameOf(item: unknown): string | null {
  const found = named.safeParse(item);
  return found.success ? found.data.name : null;
}

const listedDex = z.object({ name: nonEmpty, deployerFeeScale: numeric.optional() });

/** The first entry is null and represents the main dex. */
function decodeDexes(body: unknown): DexList {
  refuseError(body);
  const entries = decodeEnvelope(z.array(z.unknown()).min(1), body);
  const dexes = new Map<string, ListedDex>();
  let nameless = 0;
  for (const entry of entries) {
    if (entry === null) continue;
    const found = listedDex.safeParse(entry);
    if (found.success) dexes.set(found.data.name, found.data);
    else nameless += 1;
  }
  const requested = [...dexes.values()].slice(0, MAX_DEXES);
  return { dexes: requested, leftOut: dexes.size - requested.length + nameless };
}

const annotation = z.tuple([nonEmpty, z.object({ category: nonEmpty })]);
const categoryRow = z.object({ coin: nonEmpty, category: z.string() });

/** Entries without a category are ignored; a contract with two different ones has none. */
function decodeCategories(body: unknown): Categories {
  refuseError(body);
  const rows = decodeEnvelope(z.array(z.unknown()).min(1), body).flatMap((entry) => {
    const found = annotation.safeParse(entry);
    return found.success ? [{ coin: found.data[0], category: found.data[1].category }] : [];
  });
  return new Map(
    decodeRows(categoryRow, rows, "coin").rows.map(({ coin, category }) => [coin, category]),
  );
}

const spotMeta = z.object({ tokens: z.array(z.unknown()).min(1) });
const tokenRow = z.object({ index: numeric, name: nonEmpty });

function decodeTokens(body: unknown): Tokens {
  refuseError(body);
  const { tokens } = decodeEnvelope(spotMeta, body);
  const names = new Map<number, string>();
  for (const { index, name } of decodeRows(tokenRow, tokens, "name").rows) {
    const number = quantityOf(index);
    if (number !== null) names.set(number, name);
  }
  if (names.size === 0) throw badEnvelope("no token has an index");
  return names;
}
