import { aliasTickers } from "./symbol.ts";

/**
 * One asset with several tickers. Entries are only candidates: listings with the names of one entry are compared, and
 * prices decide; names whose prices do not match stay separate assets (an older GRAM, the coin STX).
 */
interface NameEntry {
  /** The name of the asset once prices have shown that several of these names mean it. */
  readonly name: string;
  readonly others: readonly string[];
  /** The day of the renaming or, for names in parallel use, the day on which that was observed. */
  readonly since: string;
}

/** All entries. No name is in two of them. */
export const NAMES: readonly NameEntry[] = [
  // Coins that were renamed without a change of unit.
  { name: "GRAM", others: ["TON"], since: "2026-06-15" },
  { name: "POL", others: ["MATIC"], since: "2024-09-04" },
  { name: "S", others: ["FTM"], since: "2025-01-13" },
  { name: "RENDER", others: ["RNDR"], since: "2024-07-22" },
  { name: "A", others: ["EOS"], since: "2025-05-14" },
  // Coins that an exchange lists under its own name.
  { name: "TRUMP", others: ["TRUMPSOL", "TRUMPOFFICIAL"], since: "2026-09-23" },
  { name: "BTT", others: ["BTTC"], since: "2026-09-13" },
  { name: "币安人生", others: ["BIANRENSHENG"], since: "2026-09-13" },
  { name: "MON", others: ["MONAD"], since: "2026-09-23" },
  { name: "FIL", others: ["FILECOIN"], since: "2026-09-23" },
  { name: "PUMP", others: ["PUMPFUN", "PUMP2"], since: "2026-09-23" },
  { name: "PI", others: ["PI2"], since: "2026-09-23" },
  { name: "LUNA", others: ["LUNA2"], since: "2026-09-23" },
  { name: "DODO", others: ["DODOX"], since: "2026-09-23" },
  { name: "EDGE", others: ["EDGEX"], since: "2026-09-23" },
  // Metals, energy, currencies.
  { name: "XAU", others: ["GOLD", "XAUUSD"], since: "2026-09-13" },
  { name: "XAG", others: ["SILVER", "XAGUSD"], since: "2026-09-13" },
  { name: "XPT", others: ["PLATINUM"], since: "2026-09-13" },
  { name: "XPD", others: ["PALLADIUM"], since: "2026-09-13" },
  { name: "XCU", others: ["COPPER"], since: "2026-09-13" },
  { name: "CL", others: ["WTI", "USOIL", "XTI", "CLOIL", "WTIOIL"], since: "2026-09-13" },
  { name: "BZ", others: ["BRENT", "UKOIL", "XBR", "BRENTOIL"], since: "2026-09-13" },
  { name: "NG", others: ["NATGAS", "XNG"], since: "2026-09-13" },
  { name: "EUR", others: ["EURUSD"], since: "2026-09-13" },
  { name: "GBP", others: ["GBPUSD"], since: "2026-09-13" },
  { name: "AUD", others: ["AUDUSD"], since: "2026-09-13" },
  { name: "USDJPY", others: ["JPY", "USD2JPY"], since: "2026-09-13" },
  // Indices. SPX is a coin.
  { name: "SP500", others: ["SPX500", "US500", "SPX500M", "S&P500"], since: "2026-09-13" },
  {
    name: "NAS100",
    others: ["US100", "NDX100", "NDX", "TECH100", "USTEC", "XYZ100"],
    since: "2026-09-13",
  },
  { name: "US30", others: ["DJI", "DJ30"], since: "2026-09-13" },
  { name: "JP225", others: ["JPN225", "NIKKEI225", "NIKKEI"], since: "2026-09-13" },
  { name: "HK50", others: ["HSI", "HSI50"], since: "2026-09-13" },
  // Stocks whose ticker is also a coin's, or whose name an exchange spells out.
  { name: "STX", others: ["STXX"], since: "2026-09-13" },
  { name: "BB", others: ["BBX"], since: "2026-09-13" },
  { name: "QNT", others: ["QNTX"], since: "2026-09-13" },
  { name: "ON", others: ["ONSEMI"], since: "2026-09-23" },
  { name: "HOOD", others: ["HOOD2"], since: "2026-09-23" },
  { name: "NVDA", others: ["NVIDIA"], since: "2026-09-23" },
  { name: "TSLA", others: ["TESLA"], since: "2026-09-23" },
  { name: "SPCX", others: ["SPACEX"], since: "2026-09-13" },
];

const ENTRY_OF: ReadonlyMap<string, NameEntry> = new Map(
  NAMES.flatMap((entry) => [entry.name, ...entry.others].map((name) => [name, entry] as const)),
);

/** MUSTOCK, CATSTOCK: lbank and weex append this to a stock's ticker that is also a coin's (2026-09-13). */
const SHARE_ENDING = /(?<=..)STOCK$/;

/** The name under which a ticker is compared with others; itself if there is no entry. */
export function commonName(base: string): string {
  const plain = base.replace(SHARE_ENDING, "");
  return ENTRY_OF.get(plain)?.name ?? plain;
}

/** Every name whose common name is that of `base`. */
export function namesAlike(base: string): readonly string[] {
  const common = commonName(base);
  const plain = [common, ...(ENTRY_OF.get(common)?.others ?? [])];
  return [...plain, ...plain.map((name) => `${name}STOCK`)].filter(
    (name) => commonName(name) === common,
  );
}

/** Every name in the table for `base`, itself first; for a stock also the spelling of lbank and weex. */
export function namesOfThing(base: string): readonly string[] {
  const common = commonName(base);
  const entry = ENTRY_OF.get(common);
  const plain = [common, ...(entry?.others ?? [])];
  return [...new Set([base, ...plain, ...plain.map((name) => `${name}STOCK`)])];
}

/** Other names under which the asset `name` can be found. */
export function aliasesOf(name: string): readonly string[] {
  const entry = ENTRY_OF.get(name);
  const names = entry === undefined ? [] : [entry.name, ...entry.others];
  return [...names.filter((other) => other !== name), ...aliasTickers(name)];
}

/** `LIT~2` is another asset with the name LIT. */
const NUMBERED = /~\d+$/;

/** The greatest code of a digit. */
const CODE_OF_9 = "9".charCodeAt(0);

/** The name of an asset without the number that distinguishes it from others with that name. */
export function nameOfAsset(assetId: string): string {
  // Asked for every row: few end in a digit, and only those need the pattern.
  return assetId.charCodeAt(assetId.length - 1) <= CODE_OF_9
    ? assetId.replace(NUMBERED, "")
    : assetId;
}

/** Whether a text can only be an asset id: no ticker has such a number. */
export function isNumbered(text: string): boolean {
  return NUMBERED.test(text);
}
