import { ConfigError } from "../lib/config-error.ts";
import type { Secret } from "../lib/secret.ts";
import { type SettingDoc, settingDoc } from "./setting-doc.ts";
import { type Setting, SETTINGS, type SettingValues } from "./settings.ts";
import { readSettingsFile, readText, type SettingsFile } from "./settings-file.ts";

/** The validated configuration, typed and in the units of the code. settings.ts describes each field. */
export interface Config extends Omit<SettingValues, TelegramField> {
  /** Null if alerts are off. */
  readonly telegram: TelegramConfig | null;
  /** The service manager that runs this process; null if there is none. */
  readonly serviceManager: ServiceManagerConfig | null;
}

/** Settings that form one part of the configuration together. */
type TelegramField = "telegramBotToken" | "telegramChatId" | "telegramApiOrigin";

export interface TelegramConfig {
  readonly botToken: Secret;
  readonly chatId: string;
  readonly apiOrigin: string;
}

/** What a service manager passes in the environment: not a setting of ours, so never read from the file. */
export interface ServiceManagerConfig {
  /** A path, or `@name` of an abstract Unix socket. */
  readonly socketName: string;
  /** How long it waits for a watchdog ping; null: no watchdog. */
  readonly watchdogMs: number | null;
}

/** The setting with the path of the optional file; read from the environment only. */
const FILE_SETTING = "FF_CONFIG";

type Field = keyof SettingValues;
const FIELDS = Object.keys(SETTINGS) as readonly Field[];

/** Every setting, for the README's table and the help text. */
export const SETTING_DOCS: readonly SettingDoc[] = [
  settingDoc({
    name: FILE_SETTING,
    fallback: null,
    description: "A TOML file with the settings below under the same names; the environment wins.",
  }),
  ...FIELDS.map((field) => settingDoc(SETTINGS[field])),
];

/** Variables that a service manager sets. */
const SOCKET_VARIABLE = "NOTIFY_SOCKET";
const WATCHDOG_VARIABLE = "WATCHDOG_USEC";

/** Every environment variable that is read. */
export const VARIABLES: readonly string[] = [
  ...SETTING_DOCS.map(({ name }) => name),
  SOCKET_VARIABLE,
  WATCHDOG_VARIABLE,
];

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings: the environment overrides the file in FF_CONFIG, which overrides defaults; an empty value counts
 * as absent. Pure except for `readFile`, which throws if it fails. Throws ConfigError with every problem found.
 */
export function loadConfig(env: Env, readFile: (path: string) => string): Config {
  const file = readFileOf(env, readFile);
  const problems = [...file.problems];
  const values: Partial<Record<Field, unknown>> = {};
  for (const field of FIELDS) {
    const one: Setting<unknown> = SETTINGS[field];
    const text = present(env[one.name]) ?? present(file.values[one.name]) ?? one.fallback;
    if (text === null) values[field] = "absent" in one ? one.absent : null;
    else {
      const { success, data, error } = one.schema.safeParse(text);
      if (success) values[field] = data;
      else problems.push(...error.issues.map(({ message }) => `${one.name}: ${message}`));
    }
  }
  // Invalid values are absent here: rules between settings are checked only on valid ones.
  problems.push(...contradictions(values as Partial<SettingValues>));
  if (problems.length > 0) throw new ConfigError(problems);
  return configOf(values as SettingValues, serviceManagerOf(env));
}

/** The settings of this process. Throws ConfigError. */
export function loadProcessConfig(): Config {
  return loadConfig(process.env, readText);
}

/** The configuration as it may be logged: setting name to value, secrets redacted, null for none. */
export function describeConfig(config: Config): Readonly<Record<string, string | number | null>> {
  const { telegram } = config;
  const values: Partial<Record<Field, unknown>> = {
    ...config,
    telegramBotToken: telegram?.botToken,
    telegramChatId: telegram?.chatId,
    telegramApiOrigin: telegram?.apiOrigin,
  };
  return Object.fromEntries(
    FIELDS.map((field) => [SETTINGS[field].name, shown(SETTINGS[field], values[field])]),
  );
}

function shown(one: Setting<unknown>, value: unknown): string | number | null {
  if (value === null || value === undefined) return null;
  return one.show === undefined ? String(value) : one.show(value);
}

function configOf(values: SettingValues, serviceManager: ServiceManagerConfig | null): Config {
  const { telegramBotToken: botToken, telegramChatId: chatId, telegramApiOrigin, ...rest } = values;
  const telegram =
    botToken === null || chatId === null
      ? null
      : { botToken, chatId, apiOrigin: telegramApiOrigin };
  return { ...rest, telegram, serviceManager };
}

/** NOTIFY_SOCKET and WATCHDOG_USEC as sd_notify(3) and sd_watchdog_enabled(3) describe them. */
function serviceManagerOf(env: Env): ServiceManagerConfig | null {
  const socketName = present(env[SOCKET_VARIABLE]);
  if (socketName === null) return null;
  const microseconds = Number(present(env[WATCHDOG_VARIABLE]) ?? Number.NaN);
  return { socketName, watchdogMs: microseconds > 0 ? microseconds / 1000 : null };
}

/** The settings in the file, as text; empty without a file. */
function readFileOf(env: Env, readFile: (path: string) => string): SettingsFile {
  const path = present(env[FILE_SETTING]);
  if (path === null) return { values: {}, problems: [] };
  const names = FIELDS.map((field) => SETTINGS[field].name);
  const { values, problems } = readSettingsFile(path, readFile, names);
  return { values, problems: problems.map((problem) => `${FILE_SETTING}: ${path}: ${problem}`) };
}

/** Conflicts between settings that are each valid. */
function contradictions(values: Partial<SettingValues>): string[] {
  const problems: string[] = [];
  const { telegramBotToken: token, telegramChatId: chatId, refreshMs, staleAfterMs } = values;
  if (token !== undefined && chatId !== undefined && (token === null) !== (chatId === null)) {
    problems.push("TELEGRAM_BOT_TOKEN, TELEGRAM_CHAT_ID: set both or neither");
  }
  if (values.paceFactor !== undefined && values.paceFactor > 1 && values.exchangeOrigin === null)
    problems.push("SIMULATOR_PACE: must be 1 without EXCHANGE_ORIGIN");
  if (refreshMs !== undefined && staleAfterMs !== undefined && staleAfterMs <= refreshMs) {
    problems.push(`STALE_AFTER_SECONDS: must be longer than REFRESH_SECONDS (${refreshMs / 1000})`);
  }
  return problems;
}

function present(text: string | undefined): string | null {
  return text?.trim() || null;
}
