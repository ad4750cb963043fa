import { z } from "zod";
import { EXCHANGE_IDS, isExchangeId, SWITCHED_OFF, type ExchangeId } from "../domain/exchange.ts";
import { ConfigError } from "../lib/config-error.ts";
import { LOG_LEVELS, type LogLevel } from "../lib/log.ts";
import { Secret } from "../lib/secret.ts";
import { type SettingDoc, settingDoc, type SettingFacts } from "./setting-doc.ts";
import { readSettingsFile, readText, type SettingsFile } from "./settings-file.ts";
import { isNetwork, listOf, origin, webAddress, wholeNumber } from "./setting-schema.ts";

/** What the program runs with: checked, typed, in the units of the code. */
export interface Config {
  /** 0 lets the system choose a free port. */
  readonly port: number;
  readonly host: string;
  readonly databasePath: string;
  readonly exchanges: readonly ExchangeId[];
  readonly refreshMs: number;
  readonly staleAfterMs: number;
  /** Null when alerts are off. */
  readonly telegram: TelegramConfig | null;
  /** Replaces the origin of every exchange; null asks the real ones. */
  readonly exchangeOrigin: string | null;
  /** Addresses and CIDR ranges whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  readonly logLevel: LogLevel;
  readonly publicUrl: string | null;
  readonly heartbeatUrl: Secret | null;
  /** The operator's taker fees; null: those of this program alone. */
  readonly feesFile: string | null;
  /** Who runs this process as a service; null where nobody does. */
  readonly serviceManager: ServiceManagerConfig | null;
}

export interface TelegramConfig {
  readonly botToken: Secret;
  readonly chatId: string;
  readonly apiOrigin: string;
}

/** What a service manager tells its services in the environment: no setting of ours, so never in the file. */
export interface ServiceManagerConfig {
  /** A path, or `@name` of an abstract Unix socket. */
  readonly socketName: string;
  /** How long it waits for a sign of life; null: for ever. */
  readonly watchdogMs: number | null;
}

/** The setting that names the optional file; it is read from the environment only. */
const FILE_SETTING = "FF_CONFIG";
const FILE_SETTING_FACTS = {
  fallback: null,
  description: "A TOML file with the settings below by their names; the environment wins.",
};

/** Faster than once a second no exchange changes its rates; slower than hourly some settle unseen. */
const REFRESH_BOUNDS_SECONDS = { min: 1, max: 3_600 };
/** A threshold beyond a day would call yesterday's rates fresh. */
const STALE_BOUNDS_SECONDS = { min: 2, max: 86_400 };

const MAX_PORT = 65_535;

interface Setting extends SettingFacts {
  readonly schema: z.ZodType<unknown, string>;
}

/** Every setting but the file's own name, in the order of the documentation. */
const SETTINGS = {
  PORT: {
    fallback: "8083",
    description: "TCP port of the HTTP server; 0 takes any free one.",
    schema: wholeNumber(0, MAX_PORT),
  },
  HOST: {
    fallback: "127.0.0.1",
    description: "Address to listen on. The default exposes nothing: only this machine reaches it.",
    schema: z.string().regex(/^[\w.:-]+$/, "must be an address or a host name"),
  },
  DATABASE_PATH: {
    fallback: "data/funding-finder.db",
    description: "The SQLite file. Its folder is made when missing; lock files lie beside it.",
    schema: z.string().refine((path) => !path.startsWith(":") && !path.startsWith("file:"), {
      error: "must be the path of a file: the server and its collector open it separately",
    }),
  },
  EXCHANGES: {
    fallback: EXCHANGE_IDS.filter((id) => !SWITCHED_OFF.includes(id)).join(","),
    fallbackInWords: `all but ${SWITCHED_OFF.join(", ")}`,
    description: `Exchanges to collect, separated by commas: ${EXCHANGE_IDS.join(", ")}.`,
    schema: listOf("exchange", isExchangeId),
  },
  REFRESH_SECONDS: {
    fallback: "60",
    description: "Seconds between two refreshes of one exchange.",
    schema: wholeNumber(REFRESH_BOUNDS_SECONDS.min, REFRESH_BOUNDS_SECONDS.max),
  },
  STALE_AFTER_SECONDS: {
    fallback: "900",
    description: "Seconds without an accepted batch after which an exchange counts as stale.",
    schema: wholeNumber(STALE_BOUNDS_SECONDS.min, STALE_BOUNDS_SECONDS.max),
  },
  TELEGRAM_BOT_TOKEN: {
    fallback: null,
    description: "Token of the bot that sends alerts. Without it there are none.",
    secret: true,
    schema: z.string().regex(/^[\w:-]+$/, "must be a bot token, such as 123456:ABC-def"),
  },
  TELEGRAM_CHAT_ID: {
    fallback: null,
    description: "Chat that gets the alerts: a number, or `@name` of a public channel.",
    schema: z.string().regex(/^(-?\d+|@\w+)$/, "must be a number or @name"),
  },
  TELEGRAM_API_ORIGIN: {
    fallback: "https://api.telegram.org",
    description: "Where the Telegram Bot API is.",
    schema: origin(),
  },
  EXCHANGE_ORIGIN: {
    fallback: null,
    fallbackInWords: "the exchanges themselves",
    description: "Origin asked instead, at `/<exchange id>` + path: a simulator or a replay.",
    schema: origin(),
  },
  TRUSTED_PROXIES: {
    fallback: null,
    description: "Reverse proxies whose `X-Forwarded-For` is believed: addresses or CIDR ranges.",
    schema: listOf("address or CIDR range", isNetwork),
  },
  LOG_LEVEL: {
    fallback: "info",
    description: `Least severe log line that is written: ${LOG_LEVELS.join(", ")}.`,
    schema: z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(", ")}` }),
  },
  PUBLIC_URL: {
    fallback: null,
    description: "Origin under which people reach the service; the API description names it.",
    schema: origin(),
  },
  HEARTBEAT_URL: {
    fallback: null,
    description: "URL that is called (GET) after each minute in which the service was not down.",
    secret: true,
    schema: webAddress(),
  },
  FEES_FILE: {
    fallback: null,
    fallbackInWords: "the fees in docs/fees.md",
    description: "A TOML file with your own taker fees; docs/fees.md shows its form.",
    schema: z.string(),
  },
} satisfies Record<string, Setting>;

type SettingName = keyof typeof SETTINGS;

const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

/** Every setting, for the README's table and the help text. */
export const SETTING_DOCS: readonly SettingDoc[] = [
  settingDoc(FILE_SETTING, FILE_SETTING_FACTS),
  ...SETTING_NAMES.map((name) => settingDoc(name, SETTINGS[name])),
];

type Env = Readonly<Record<string, string | undefined>>;
type ConfigDescription = Readonly<Record<SettingName, string | number | null>>;
type Given = Partial<Record<SettingName, string>>;

/**
 * Reads the settings: environment over the file that FF_CONFIG names over defaults; an empty value is none.
 * Pure but for `readFile`, which throws when it cannot. Throws ConfigError with every problem found.
 */
export function loadConfig(env: Env, readFile: (path: string) => string): Config {
  const file = readSettings(present(env[FILE_SETTING]), readFile);
  const problems = [...file.problems];
  const given: Given = {};
  for (const name of SETTING_NAMES) {
    const text = present(env[name]) ?? present(file.values[name]) ?? SETTINGS[name].fallback;
    if (text !== null) given[name] = text;
  }
  const parsed = VALUES.safeParse(given);
  const issues = parsed.error?.issues ?? [];
  problems.push(...issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`));
  problems.push(...contradictions(given));
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return { ...toConfig(parsed.data), serviceManager: serviceManagerOf(env) };
}

/** NOTIFY_SOCKET and WATCHDOG_USEC as sd_notify(3) and sd_watchdog_enabled(3) describe them. */
function serviceManagerOf(env: Env): ServiceManagerConfig | null {
  const socketName = present(env["NOTIFY_SOCKET"]);
  if (socketName === null) return null;
  const microseconds = Number(present(env["WATCHDOG_USEC"]) ?? Number.NaN);
  return { socketName, watchdogMs: microseconds > 0 ? microseconds / 1000 : null };
}

/** The settings that the file gives, as text: none without a file. */
function readSettings(path: string | null, readFile: (path: string) => string): SettingsFile {
  if (path === null) return { values: {}, problems: [] };
  const { values, problems } = readSettingsFile(path, readFile, (name) =>
    Object.hasOwn(SETTINGS, name),
  );
  return { values, problems: problems.map((problem) => `${FILE_SETTING}: ${path}: ${problem}`) };
}

/** The settings of this process. Throws ConfigError. */
export function loadProcessConfig(): Config {
  return loadConfig(process.env, readText);
}

/** The configuration as it may be logged: setting name to value, secrets redacted, null for none. */
export function describeConfig(config: Config): ConfigDescription {
  return {
    PORT: config.port,
    HOST: config.host,
    DATABASE_PATH: config.databasePath,
    EXCHANGES: config.exchanges.join(","),
    REFRESH_SECONDS: config.refreshMs / 1000,
    STALE_AFTER_SECONDS: config.staleAfterMs / 1000,
    TELEGRAM_BOT_TOKEN: config.telegram?.botToken.toString() ?? null,
    TELEGRAM_CHAT_ID: config.telegram?.chatId ?? null,
    TELEGRAM_API_ORIGIN: config.telegram?.apiOrigin ?? null,
    EXCHANGE_ORIGIN: config.exchangeOrigin,
    TRUSTED_PROXIES: config.trustedProxies.join(","),
    LOG_LEVEL: config.logLevel,
    PUBLIC_URL: config.publicUrl,
    HEARTBEAT_URL: config.heartbeatUrl?.toString() ?? null,
    FEES_FILE: config.feesFile,
  };
}

/** What each setting may be; those with a default are always given. */
const VALUES = z.object({
  PORT: SETTINGS.PORT.schema,
  HOST: SETTINGS.HOST.schema,
  DATABASE_PATH: SETTINGS.DATABASE_PATH.schema,
  EXCHANGES: SETTINGS.EXCHANGES.schema,
  REFRESH_SECONDS: SETTINGS.REFRESH_SECONDS.schema,
  STALE_AFTER_SECONDS: SETTINGS.STALE_AFTER_SECONDS.schema,
  TELEGRAM_BOT_TOKEN: SETTINGS.TELEGRAM_BOT_TOKEN.schema.optional(),
  TELEGRAM_CHAT_ID: SETTINGS.TELEGRAM_CHAT_ID.schema.optional(),
  TELEGRAM_API_ORIGIN: SETTINGS.TELEGRAM_API_ORIGIN.schema,
  EXCHANGE_ORIGIN: SETTINGS.EXCHANGE_ORIGIN.schema.optional(),
  TRUSTED_PROXIES: SETTINGS.TRUSTED_PROXIES.schema.optional(),
  LOG_LEVEL: SETTINGS.LOG_LEVEL.schema,
  PUBLIC_URL: SETTINGS.PUBLIC_URL.schema.optional(),
  HEARTBEAT_URL: SETTINGS.HEARTBEAT_URL.schema.optional(),
  FEES_FILE: SETTINGS.FEES_FILE.schema.optional(),
} satisfies Record<SettingName, z.ZodType>);

function toConfig(values: z.output<typeof VALUES>): Omit<Config, "serviceManager"> {
  const { TELEGRAM_BOT_TOKEN: token, TELEGRAM_CHAT_ID: chatId, HEARTBEAT_URL: heartbeat } = values;
  return {
    port: values.PORT,
    host: values.HOST,
    databasePath: values.DATABASE_PATH,
    exchanges: values.EXCHANGES,
    refreshMs: values.REFRESH_SECONDS * 1000,
    staleAfterMs: values.STALE_AFTER_SECONDS * 1000,
    telegram:
      token === undefined || chatId === undefined
        ? null
        : { botToken: new Secret(token), chatId, apiOrigin: values.TELEGRAM_API_ORIGIN },
    exchangeOrigin: values.EXCHANGE_ORIGIN ?? null,
    trustedProxies: values.TRUSTED_PROXIES ?? [],
    logLevel: values.LOG_LEVEL,
    publicUrl: values.PUBLIC_URL ?? null,
    heartbeatUrl: heartbeat === undefined ? null : new Secret(heartbeat),
    feesFile: values.FEES_FILE ?? null,
  };
}

/** Problems between settings that are each well by themselves. */
function contradictions(given: Given): string[] {
  const problems: string[] = [];
  if ((given.TELEGRAM_BOT_TOKEN === undefined) !== (given.TELEGRAM_CHAT_ID === undefined)) {
    problems.push("TELEGRAM_BOT_TOKEN, TELEGRAM_CHAT_ID: set both or none");
  }
  const refresh = SETTINGS.REFRESH_SECONDS.schema.safeParse(given.REFRESH_SECONDS);
  const staleAfter = SETTINGS.STALE_AFTER_SECONDS.schema.safeParse(given.STALE_AFTER_SECONDS);
  if (refresh.success && staleAfter.success && staleAfter.data <= refresh.data) {
    problems.push(`STALE_AFTER_SECONDS: must be longer than REFRESH_SECONDS (${refresh.data})`);
  }
  return problems;
}

function present(text: string | undefined): string | null {
  return text?.trim() || null;
}
