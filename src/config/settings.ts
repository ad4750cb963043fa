import { z } from "zod";
import {
  EXCHANGE_IDS,
  type ExchangeId,
  isExchangeId,
  DISABLED_BY_DEFAULT,
} from "../domain/exchange.ts";
import { canonicalBase } from "../domain/symbol.ts";
import { LOG_LEVELS } from "../lib/log.ts";
import type { Secret } from "../lib/secret.ts";
import {
  isAssetName,
  isNetwork,
  listOf,
  origin,
  seconds,
  secret,
  webAddress,
  wholeNumber,
} from "./setting-schema.ts";

/** One setting: its external name, how it is read and shown, and what it means. */
export type Setting<Value> = {
  readonly name: string;
  /** Description of the default if it is not a plain value. */
  readonly fallbackInWords?: string;
  readonly description: string;
  readonly isSecret?: true;
  /** Converts its text to its value, in the unit of the code. */
  readonly schema: z.ZodType<Value, string>;
  /** The value for the log, in the unit of the setting; by default the value as text. */
  show?(value: Value): string | number;
} & Fallback<Value>;

/** Used if neither the environment nor the file has a value: a text to parse, or a value. */
type Fallback<Value> =
  { readonly fallback: string } | { readonly fallback: null; readonly absent: Value };

/** No exchange changes its rates more than once a second; slower than hourly would miss settlements. */
const REFRESH_BOUNDS_SECONDS = { min: 1, max: 3_600 };
/** A threshold of more than a day would call yesterday's rates fresh. */
const STALE_BOUNDS_SECONDS = { min: 2, max: 86_400 };

const MAX_PORT = 65_535;

/** The demo needs ten. */
const MAX_PACE_FACTOR = 100;

/** No exchange is older. */
const MAX_DAYS = 7_300;

/** Each asset adds some hundred series; for the whole market there is the API. */
const MAX_METRICS_BASES = 20;

/** Every setting by its field in `Config`, in the order of the documentation. */
export const SETTINGS = {
  port: setting({
    name: "PORT",
    fallback: "8083",
    description: "TCP port of the HTTP server; 0 for any free port.",
    schema: wholeNumber(0, MAX_PORT),
    show: (port) => port,
  }),
  host: setting({
    name: "HOST",
    fallback: "127.0.0.1",
    description: "Address to listen on. By default only this machine can connect.",
    schema: z.string().regex(/^[\w.:-]+$/, "must be an address or a host name"),
  }),
  databasePath: setting({
    name: "DATABASE_PATH",
    fallback: "data/funding-finder.db",
    description:
      "The SQLite file of the market. Its folder is created if missing; the accounts file (`x.accounts.db` for `x.db`), the history file (`x.history.db`) and lock files are next to it.",
    schema: z.string().refine((path) => !path.startsWith(":") && !path.startsWith("file:"), {
      error: "must be the path of a file: the server and the collector open it separately",
    }),
  }),
  exchanges: setting<readonly ExchangeId[]>({
    name: "EXCHANGES",
    fallback: EXCHANGE_IDS.filter((id) => !DISABLED_BY_DEFAULT.includes(id)).join(","),
    fallbackInWords: `all but ${DISABLED_BY_DEFAULT.join(", ")}`,
    description: `Exchanges to collect, comma-separated, in any case: ${EXCHANGE_IDS.join(", ")}.`,
    schema: listOf("exchange", isExchangeId, EXCHANGE_IDS),
  }),
  refreshMs: setting({
    name: "REFRESH_SECONDS",
    fallback: "60",
    description: "Seconds between refreshes of an exchange.",
    schema: seconds(REFRESH_BOUNDS_SECONDS),
    show: (ms) => ms / 1000,
  }),
  staleAfterMs: setting({
    name: "STALE_AFTER_SECONDS",
    fallback: "900",
    description: "Seconds without an accepted batch after which an exchange is stale.",
    schema: seconds(STALE_BOUNDS_SECONDS),
    show: (ms) => ms / 1000,
  }),
  telegramBotToken: setting<Secret | null>({
    name: "TELEGRAM_BOT_TOKEN",
    fallback: null,
    absent: null,
    description: "Token of the bot that sends alerts. Without it no alerts are sent.",
    isSecret: true,
    schema: secret(z.string().regex(/^[\w:-]+$/, "must be a bot token, such as 123456:ABC-def")),
  }),
  telegramChatId: setting<string | null>({
    name: "TELEGRAM_CHAT_ID",
    fallback: null,
    absent: null,
    description: "Chat that receives the alerts: a number, or `@name` of a public channel.",
    schema: z.string().regex(/^(-?\d+|@\w+)$/, "must be a number or @name"),
  }),
  telegramApiOrigin: setting({
    name: "TELEGRAM_API_ORIGIN",
    fallback: "https://api.telegram.org",
    description: "Origin of the Telegram Bot API.",
    schema: origin(),
  }),
  exchangeOrigin: setting<string | null>({
    name: "EXCHANGE_ORIGIN",
    fallback: null,
    absent: null,
    fallbackInWords: "the exchanges themselves",
    description:
      "Origin used instead of the exchanges', at `/<exchange id>` + path: a simulator or a replay.",
    schema: origin(),
  }),
  trustedProxies: setting<readonly string[]>({
    name: "TRUSTED_PROXIES",
    fallback: null,
    absent: [],
    description: "Reverse proxies whose `X-Forwarded-For` is trusted: addresses or CIDR ranges.",
    schema: listOf("address or CIDR range", isNetwork),
  }),
  logLevel: setting({
    name: "LOG_LEVEL",
    fallback: "info",
    description: `Lowest level of log lines that are written: ${LOG_LEVELS.join(", ")}.`,
    schema: z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(", ")}` }),
  }),
  publicUrl: setting<string | null>({
    name: "PUBLIC_URL",
    fallback: null,
    absent: null,
    description: "Public origin of the service, stated in the OpenAPI document.",
    schema: origin(),
  }),
  heartbeatUrl: setting<Secret | null>({
    name: "HEARTBEAT_URL",
    fallback: null,
    absent: null,
    description: "URL that is called (GET) after every minute in which the service was not down.",
    isSecret: true,
    schema: secret(webAddress()),
  }),
  metricsBases: setting<readonly string[]>({
    name: "METRICS_BASES",
    fallback: null,
    absent: [],
    description: `Assets whose funding rates /metrics exports, comma-separated (\`BTC,ETH\`), ${MAX_METRICS_BASES} at most.`,
    schema: listOf("asset name", isAssetName)
      .transform((names) => [...new Set(names.map(canonicalBase))])
      .refine((bases) => bases.length <= MAX_METRICS_BASES, {
        error: ({ input }) =>
          `may name at most ${MAX_METRICS_BASES} assets, not ${(input as readonly string[]).length}`,
      }),
  }),
  backfillDays: setting({
    name: "BACKFILL_DAYS",
    fallback: "730",
    description:
      "How many days back settlements are read from the exchanges' histories; 0 for none. All instruments: some 1.5 GB a year.",
    schema: wholeNumber(0, MAX_DAYS),
    show: (days) => days,
  }),
  paceFactor: setting({
    name: "SIMULATOR_PACE",
    fallback: "1",
    description:
      "How many times faster than an exchange permits it is asked; more than 1 only with EXCHANGE_ORIGIN, for a simulator that permits it.",
    schema: wholeNumber(1, MAX_PACE_FACTOR),
    show: (factor) => factor,
  }),
  settlementsKeptDays: setting<number | null>({
    name: "SETTLEMENTS_KEPT_DAYS",
    fallback: null,
    absent: null,
    fallbackInWords: "for ever",
    description: "Days after which settlements are deleted.",
    schema: wholeNumber(1, MAX_DAYS),
    show: (days) => days ?? "for ever",
  }),
  samplesKeptDays: setting({
    name: "SAMPLES_KEPT_DAYS",
    fallback: "730",
    description: "Days after which samples of live rates are deleted.",
    schema: wholeNumber(1, MAX_DAYS),
    show: (days) => days,
  }),
  feesFile: setting<string | null>({
    name: "FEES_FILE",
    fallback: null,
    absent: null,
    fallbackInWords: "the fees in docs/fees.md",
    description: "A TOML file with your own taker fees; docs/fees.md shows its format.",
    schema: z.string(),
  }),
} as const;

/** The value of every setting, by its field. */
export type SettingValues = {
  readonly [Field in keyof typeof SETTINGS]: (typeof SETTINGS)[Field] extends Setting<infer Value>
    ? Value
    : never;
};

function setting<Value>(one: Setting<Value>): Setting<Value> {
  return one;
}
