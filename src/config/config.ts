import { ConfigError } from "../lib/config-error.ts";
import type { Secret } from "../lib/secret.ts";
import { type SettingDoc, settingDoc } from "./setting-doc.ts";
import { type Setting, SETTINGS, type SettingValues } from "./settings.ts";
import { readSettingsFile, readText, type SettingsFile } from "./settings-file.ts";

/** What the program runs with: checked, typed, in the units of the code. settings.ts says what each field means. */
export interface Config extends Omit<SettingValues, TelegramField> {
  /** Null when alerts are off. */
  readonly telegram: TelegramConfig | null;
  /** Who runs this process as a service; null where nobody does. */
  readonly serviceManager: ServiceManagerConfig | null;
}

/** Settings that make one part of the configuration together. */
type TelegramField = "telegramBotToken" | "telegramChatId" | "telegramApiOrigin";

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

type Field = keyof SettingValues;
const FIELDS = Object.keys(SETTINGS) as readonly Field[];

/** Every setting, for the README's table and the help text. */
export const SETTING_DOCS: readonly SettingDoc[] = [
  settingDoc({
    name: FILE_SETTING,
    fallback: null,
    description: "A TOML file with the settings below by their names; the environment wins.",
  }),
  ...FIELDS.map((field) => settingDoc(SETTINGS[field])),
];

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings: environment over the file that FF_CONFIG names over defaults; an empty value is none.
 * Pure but for `readFile`, which throws when it cannot. Throws ConfigError with every problem found.
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
  // A value that could not be read is left out: what holds between settings is only asked of the others.
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
  const socketName = present(env["NOTIFY_SOCKET"]);
  if (socketName === null) return null;
  const microseconds = Number(present(env["WATCHDOG_USEC"]) ?? Number.NaN);
  return { socketName, watchdogMs: microseconds > 0 ? microseconds / 1000 : null };
}

/** The settings that the file gives, as text: none without a file. */
function readFileOf(env: Env, readFile: (path: string) => string): SettingsFile {
  const path = present(env[FILE_SETTING]);
  if (path === null) return { values: {}, problems: [] };
  const names = new Set(FIELDS.map((field) => SETTINGS[field].name));
  const { values, problems } = readSettingsFile(path, readFile, (name) => names.has(name));
  return { values, problems: problems.map((problem) => `${FILE_SETTING}: ${path}: ${problem}`) };
}

/** Problems between settings that are each well by themselves. */
function contradictions(values: Partial<SettingValues>): string[] {
  const problems: string[] = [];
  const { telegramBotToken: token, telegramChatId: chatId, refreshMs, staleAfterMs } = values;
  if (token !== undefined && chatId !== undefined && (token === null) !== (chatId === null)) {
    problems.push("TELEGRAM_BOT_TOKEN, TELEGRAM_CHAT_ID: set both or none");
  }
  if (refreshMs !== undefined && staleAfterMs !== undefined && staleAfterMs <= refreshMs) {
    problems.push(`STALE_AFTER_SECONDS: must be longer than REFRESH_SECONDS (${refreshMs / 1000})`);
  }
  return problems;
}

function present(text: string | undefined): string | null {
  return text?.trim() || null;
}
