/** Writes docs/exchanges.md from what the adapters say of themselves: `bun scripts/write-exchanges.ts`. */
import { join } from "node:path";
import type { OptionalField } from "../src/domain/quote.ts";
import type { ExchangeFacts } from "../src/exchanges/exchange.ts";
import { EXCHANGES } from "../src/exchanges/registry.ts";

export const EXCHANGES_FILE = join(import.meta.dir, "../docs/exchanges.md");

/** The facts of every exchange, in the order of the registry. */
export const ALL_FACTS: readonly ExchangeFacts[] = Object.values(EXCHANGES).map(
  ({ facts }) => facts,
);

/** The fields as the API names them; the introduction says which of them are not served as they are. */
const FIELD_NAMES: Readonly<Record<OptionalField, string>> = {
  nextFundingAtMs: "next_funding_time",
  predictedRate: "predicted_rate",
  instantRate: "instant_rate",
  settledRate: "settled_rate",
  settledAtMs: "settled_at",
  rateCap: "rate_cap",
  rateFloor: "rate_floor",
  baselineRate: "baseline_rate",
  markPrice: "mark_price",
  indexPrice: "index_price",
  lastPrice: "last_price",
  takerFeeBps: "taker_fee_bps",
  openInterestUsd: "open_interest_usd",
  volume24hUsd: "volume_24h_usd",
  assetClass: "asset_class",
  listedAtMs: "listed_at",
  exchangeTimeMs: "exchange_time",
};

const INTRODUCTION = `What the adapters say of themselves: where each number comes from, what an exchange does not tell, and what nobody has confirmed.

- **requests**: of every refresh. Instrument lists and other slow payloads have a period of their own and come on top.
- **interval**: where \`funding_interval_hours\` comes from.
- **fields**: those that the exchange fills on at least some rows, beyond the rate and the names that all have. \`rate_cap\`, \`rate_floor\` and \`baseline_rate\` are not served themselves: the flags \`pinned_cap\`, \`pinned_floor\` and \`pinned_baseline\` are. Where the interest is documented of coins alone, no other contract is flagged \`pinned_baseline\`: by the class that the exchange states or, where it states none, that others do. From \`exchange_time\`, the exchange's own stamp, \`observed_at\` is taken; elsewhere it is the time of the reply.
- **accrual**: \`periodic\` is charged at \`next_funding_time\`, \`continuous\` each second.
- **unverified**: why it is not proven which of two published rates is charged next. The rows bear the flag \`unverified_rate\`, and no pair with such a leg is \`usable\`.
- **default**: whether the exchange is collected when the setting \`EXCHANGES\` does not say which.`;

const COLUMNS = [
  "exchange",
  "id",
  "kind",
  "requests",
  "interval",
  "fields",
  "accrual",
  "default",
  "documentation",
] as const;

/**
 * The whole page as Markdown. Its body stands in a range that formatters leave alone: a table padded to
 * the width of its longest text would be unreadable as source, and every change would touch every line.
 */
export function exchangesPage(all: readonly ExchangeFacts[]): string {
  const off = all.filter(({ disabledReason }) => disabledReason !== undefined).length;
  return [
    "# Exchanges",
    "<!-- Written by `bun scripts/write-exchanges.ts` from the facts in `src/exchanges`. -->\n<!-- prettier-ignore-start -->",
    INTRODUCTION,
    `${all.length} exchanges, ${off} of them switched off.`,
    auditTable(all),
    ...all.map(section),
    "<!-- prettier-ignore-end -->\n",
  ].join("\n\n");
}

function auditTable(all: readonly ExchangeFacts[]): string {
  return [COLUMNS, COLUMNS.map(() => "---"), ...all.map(cells)]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");
}

function cells(facts: ExchangeFacts): readonly string[] {
  return [
    `[${plain(facts.name)}](#${facts.id})`,
    `\`${facts.id}\``,
    facts.kind,
    requestsOf(facts),
    plain(facts.intervalRule),
    fieldsOf(facts),
    facts.accrual,
    facts.disabledReason === undefined ? "on" : `off: ${plain(facts.disabledReason)}`,
    `[link](<${facts.documentation}>)`,
  ];
}

function requestsOf({ requestsPerRefresh, requestsPerInstrument }: ExchangeFacts): string {
  if (requestsPerInstrument === undefined) return String(requestsPerRefresh);
  return `${requestsPerRefresh} + ${requestsPerInstrument} per instrument`;
}

function fieldsOf({ providedFields }: ExchangeFacts): string {
  return providedFields.map((field) => `\`${FIELD_NAMES[field]}\``).join(", ") || "none";
}

/** The heading is the id, so that its anchor is. */
function section(facts: ExchangeFacts): string {
  const unknowns =
    facts.caveats.length === 0
      ? "Nothing is known to be open."
      : ["Not known:", "", ...facts.caveats.map((text) => `- ${plain(text)}`)].join("\n");
  return [
    `## ${facts.id}`,
    `${plain(facts.name)}. Rate: ${plain(facts.rateRule)}`,
    `Interval: ${plain(facts.intervalRule)}`,
    ...(facts.interestOf === "coins" ? ["Its interest is documented of coins alone."] : []),
    ...(facts.unverifiedRate === undefined
      ? []
      : [`Unverified: ${plain(facts.unverifiedRate)} All rows are flagged \`unverified_rate\`.`]),
    unknowns,
  ].join("\n\n");
}

/** A text that Markdown shows as it is written. An underscore inside a word needs no care. */
function plain(text: string): string {
  return text
    .replaceAll(/[\\`*[\]<>|]/g, "\\$&")
    .replaceAll(/(?<!\w)_|_(?!\w)/g, "\\_")
    .replaceAll("\n", " ");
}

if (import.meta.main) await Bun.write(EXCHANGES_FILE, exchangesPage(ALL_FACTS));
