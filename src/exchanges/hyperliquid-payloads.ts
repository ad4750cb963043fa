import { z } from "zod";
import type { Load, Reply } from "./exchange.ts";
import { decodeRows, type Rows } from "./wire-rows.ts";
import { badEnvelope, decodeEnvelope, numeric, quantityOf, text, type Numeric } from "./wire.ts";

/** What Hyperliquid is asked, and the keys of its rows that are kept, as received. */

const INFO_PATH = "/info";

/** Three times the dexes known; with the main dex and both lists it stays inside the pacing of one minute. */
const MAX_DEXES = 30;

const assetRow = z.object({
  name: z.string().min(1),
  asset: z.object({ isDelisted: z.unknown().optional() }),
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

export interface NamedDex {
  readonly name: string;
  readonly reply: Reply<Dex>;
}

export interface Raw {
  readonly main: Reply<Dex>;
  readonly tokens: Reply<Tokens> | null;
  readonly builders: readonly NamedDex[];
}

export const loadDex =
  (name: string | null): Load<Dex> =>
  (http) =>
    http.postRead(
      INFO_PATH,
      name === null ? { type: "metaAndAssetCtxs" } : { type: "metaAndAssetCtxs", dex: name },
      (body) => decodeDex(body, name),
    );

export const loadDexNames: Load<readonly string[]> = (http) =>
  http.postRead(INFO_PATH, { type: "perpDexs" }, decodeDexNames);

export const loadTokens: Load<Tokens> = (http) =>
  http.postRead(INFO_PATH, { type: "spotMeta" }, decodeTokens);

const errorBody = z.object({ status: z.literal("err"), response: text.catch(null) });

function refuseError(body: unknown): void {
  const error = errorBody.safeParse(body);
  if (error.success) throw badEnvelope(`error ${error.data.response ?? "without a text"}`);
}

/** Contexts carry no names: they belong to the universe entry of the same index. Only a builder's dex may be empty. */
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
  return {
    collateralToken: meta.collateralToken,
    assets: dex !== null && zipped.length === 0 ? NO_ASSETS : decodeRows(assetRow, zipped, "name"),
  };
}

const named = z.object({ name: z.string().min(1) });

function nameOf(item: unknown): string | null {
  const found = named.safeParse(item);
  return found.success ? found.data.name : null;
}

/** The first entry is null and stands for the main dex. */
function decodeDexNames(body: unknown): readonly string[] {
  refuseError(body);
  const entries = decodeEnvelope(z.array(z.unknown()).min(1), body);
  const names = new Set(entries.map(nameOf).filter((name) => name !== null));
  return [...names].slice(0, MAX_DEXES);
}

const spotMeta = z.object({ tokens: z.array(z.unknown()).min(1) });
const tokenRow = z.object({ index: numeric, name: z.string().min(1) });

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
