import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { README, settingsTable, withSettings } from "../../scripts/write-settings.ts";
import { describeConfig, loadConfig, SETTING_DOCS, type Config } from "../../src/config/config.ts";
import { EXCHANGE_IDS } from "../../src/domain/exchange.ts";
import { ConfigError } from "../../src/lib/config-error.ts";

const TOKEN = "123456:a-very-secret-token";
const HEARTBEAT = "https://beats.example/ping/another-secret";

function noFile(path: string): string {
  throw new Error(`no file ${path}`);
}

function load(env: Record<string, string | undefined>, file?: string): Config {
  return loadConfig(env, file === undefined ? noFile : () => file);
}

function problemsOf(env: Record<string, string>, file?: string): readonly string[] {
  try {
    load(env, file);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("defaults", () => {
  test("an empty environment gives the documented defaults, reachable from this machine only", () => {
    expect(load({})).toEqual({
      port: 8083,
      host: "127.0.0.1",
      databasePath: "data/funding-finder.db",
      exchanges: EXCHANGE_IDS.filter((id) => !["aevo", "drift", "hashkey"].includes(id)),
      refreshMs: 60_000,
      staleAfterMs: 900_000,
      telegram: null,
      exchangeOrigin: null,
      trustedProxies: [],
      logLevel: "info",
      publicUrl: null,
      heartbeatUrl: null,
      metricsBases: [],
      backfillDays: 730,
      paceFactor: 1,
      settlementsKeptDays: null,
      samplesKeptDays: 730,
      feesFile: null,
      serviceManager: null,
    });
  });

  test("how much of the past is read and kept is set in days", () => {
    const env = { BACKFILL_DAYS: "0", SETTLEMENTS_KEPT_DAYS: "400", SAMPLES_KEPT_DAYS: "30" };
    expect(load(env)).toMatchObject({
      backfillDays: 0,
      settlementsKeptDays: 400,
      samplesKeptDays: 30,
    });
    expect(describeConfig(load(env))).toMatchObject({
      BACKFILL_DAYS: 0,
      SETTLEMENTS_KEPT_DAYS: 400,
      SAMPLES_KEPT_DAYS: 30,
    });
    expect(problemsOf({ SETTLEMENTS_KEPT_DAYS: "0" })).toEqual([
      "SETTLEMENTS_KEPT_DAYS: must be a whole number from 1 to 7300",
    ]);
  });

  test("exchanges themselves are never asked faster than they permit", () => {
    expect(problemsOf({ SIMULATOR_PACE: "10" })).toEqual([
      "SIMULATOR_PACE: must be 1 without EXCHANGE_ORIGIN",
    ]);
    const simulated = { SIMULATOR_PACE: "10", EXCHANGE_ORIGIN: "http://127.0.0.1:9000" };
    expect(load(simulated).paceFactor).toBe(10);
  });

  test("a service manager is detected by the environment, never by the file", () => {
    const manager = (env: Record<string, string>, file?: string) => load(env, file).serviceManager;
    const NOTIFY_SOCKET = "/run/systemd/notify";
    expect(manager({ NOTIFY_SOCKET, WATCHDOG_USEC: "60000000" })).toEqual({
      socketName: NOTIFY_SOCKET,
      watchdogMs: 60_000,
    });
    for (const WATCHDOG_USEC of ["", "0", "x", "-1"]) {
      expect(manager({ NOTIFY_SOCKET, WATCHDOG_USEC })?.watchdogMs).toBeNull();
    }
    expect(manager({ WATCHDOG_USEC: "60000000" })).toBeNull();
    expect(problemsOf({ FF_CONFIG: "f" }, `NOTIFY_SOCKET = '${NOTIFY_SOCKET}'`)).toHaveLength(1);
  });

  test("an empty or blank value counts as unset", () => {
    const names = SETTING_DOCS.map((doc) => doc.name);
    for (const blank of ["", "  "]) {
      expect(load(Object.fromEntries(names.map((name) => [name, blank])))).toEqual(load({}));
    }
  });

  test("unknown names in the environment are ignored", () => {
    expect(load({ FF_COLOUR: "red", PORTS: "1", PATH: "/bin" })).toEqual(load({}));
  });
});

describe("sources", () => {
  test("the environment overrides the file, the file overrides the defaults", () => {
    const file =
      'PORT = 9001\nREFRESH_SECONDS = 30\nEXCHANGES = ["okx", "bybit"]\nHOST = "0.0.0.0"\n';
    const config = load({ FF_CONFIG: "/etc/ff.toml", PORT: "9002", HOST: "" }, file);
    expect(config.port).toBe(9002);
    expect(config.refreshMs).toBe(30_000);
    expect(config.exchanges).toEqual(["okx", "bybit"]);
    expect(config.host).toBe("0.0.0.0");
    expect(config.logLevel).toBe("info");
  });

  test("the file is read from the path in FF_CONFIG, and only then", () => {
    const paths: string[] = [];
    const readFile = (path: string): string => {
      paths.push(path);
      return "";
    };
    loadConfig({}, readFile);
    expect(paths).toEqual([]);
    loadConfig({ FF_CONFIG: "/etc/ff.toml" }, readFile);
    expect(paths).toEqual(["/etc/ff.toml"]);
  });

  test("a negative chat id may be a number in the file", () => {
    const file = `TELEGRAM_BOT_TOKEN = "${TOKEN}"\nTELEGRAM_CHAT_ID = -1001234567890\n`;
    expect(load({ FF_CONFIG: "f" }, file).telegram?.chatId).toBe("-1001234567890");
  });

  test("exchanges are named in any case, each once", () => {
    expect(load({ EXCHANGES: "OKX, Bybit,okx" }).exchanges).toEqual(["okx", "bybit"]);
    expect(load({ FF_CONFIG: "f" }, 'EXCHANGES = ["Gate"]').exchanges).toEqual(["gate"]);
    expect(problemsOf({ EXCHANGES: "Okx,OKXX" })).toEqual([
      "EXCHANGES: unknown exchange: OKXX; did you mean okx?",
    ]);
  });

  test("an unknown exchange is reported with the nearest name", () => {
    expect(problemsOf({ EXCHANGES: "okxx,bybitt,mtgox" })).toEqual([
      "EXCHANGES: unknown exchange: okxx, bybitt, mtgox; did you mean okx, bybit?",
    ]);
    expect(problemsOf({ EXCHANGES: "okx,qqqqqq" })).toEqual([
      "EXCHANGES: unknown exchange: qqqqqq",
    ]);
  });

  test("an unknown name in the file is reported, also one that every object has", () => {
    expect(problemsOf({ FF_CONFIG: "f" }, "PROT = 1\ntoString = 2\nFF_CONFIG = 'g'")).toEqual([
      "FF_CONFIG: f: PROT is not a setting; did you mean PORT?",
      "FF_CONFIG: f: toString is not a setting",
      "FF_CONFIG: f: FF_CONFIG is not a setting",
    ]);
  });

  test.each(["PORT = true", "PORT = 2026-01-01", "[PORT]\na = 1", "EXCHANGES = [1, 2]"])(
    "a value of the wrong type in the file is reported: %s",
    (file) => {
      expect(problemsOf({ FF_CONFIG: "f" }, file)).toEqual([
        expect.stringMatching(/^FF_CONFIG: f: (PORT|EXCHANGES) must be a string, a number/),
      ]);
    },
  );

  test("a missing file is reported by name", () => {
    expect(problemsOf({ FF_CONFIG: "/nowhere.toml" })).toEqual([
      "FF_CONFIG: /nowhere.toml: cannot be read",
    ]);
  });

  test("a file that is not TOML is reported without quoting it", () => {
    const problems = problemsOf({ FF_CONFIG: "f" }, `TELEGRAM_BOT_TOKEN = ${TOKEN}`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("not valid TOML");
    expect(problems.join()).not.toContain(TOKEN);
  });
});

describe("problems", () => {
  test("all of them are in one message, each with the name of its variable", () => {
    const error = captured(() =>
      load(
        {
          FF_CONFIG: "f",
          PORT: "eighty",
          EXCHANGES: "okx,bitmex,mtgox",
          REFRESH_SECONDS: "0",
          TELEGRAM_BOT_TOKEN: TOKEN,
          LOG_LEVEL: "loud",
        },
        "PROT = 1",
      ),
    );
    expect(error).toBeInstanceOf(ConfigError);
    const lines = error.message.split("\n").slice(1);
    expect(lines.map((line) => line.trim().split(":")[0])).toEqual([
      "FF_CONFIG",
      "PORT",
      "EXCHANGES",
      "REFRESH_SECONDS",
      "LOG_LEVEL",
      "TELEGRAM_BOT_TOKEN, TELEGRAM_CHAT_ID",
    ]);
    expect(error.message).toContain("bitmex, mtgox");
    expect(error.message).not.toContain(TOKEN);
  });

  test.each([
    ["PORT", ["0", "8083", "65535"], ["-1", "65536", "80.5", "0x50", "1e3", "+80", "NaN", "８０"]],
    ["REFRESH_SECONDS", ["1", "899"], ["0", "3601", "1m", "1 0"]],
    ["STALE_AFTER_SECONDS", ["61", "86400"], ["86401", "1", "soon"]],
    ["HOST", ["0.0.0.0", "::1", "localhost"], ["a b", "http://x", "x/y"]],
    ["DATABASE_PATH", ["x.db", "/var/lib/x.db"], [":memory:", "file:x?mode=ro"]],
    ["EXCHANGES", ["okx", " okx , gate,okx"], ["okxx", "bitmex", ","]],
    [
      "EXCHANGE_ORIGIN",
      ["http://127.0.0.1:9000", "https://x.example/"],
      ["x", "ftp://x", "http://x/y"],
    ],
    [
      "TELEGRAM_API_ORIGIN",
      ["http://[::1]:1"],
      ["http://x?y", "http://x/#", "http://u:p@x", "http://u@x", "//x"],
    ],
    ["PUBLIC_URL", ["https://funding.example"], ["funding.example", "https://f.example/sub"]],
    ["HEARTBEAT_URL", ["http://x", HEARTBEAT], ["x", "javascript:alert(1)", "file:///etc/passwd"]],
    ["LOG_LEVEL", ["debug", "silent"], ["DEBUG", "verbose"]],
    [
      "TRUSTED_PROXIES",
      ["10.0.0.0/8", "::1", "127.0.0.1, fd00::/8,10.1.2.3/32"],
      [
        "10.0.0.0/33",
        "fd00::/129",
        "10.0.0/8",
        "proxy",
        "10.0.0.1/8/8",
        "10.0.0.0/",
        "10.0.0.0/-1",
      ],
    ],
  ])("%s accepts what it documents and nothing else", (name, good, bad) => {
    for (const value of good) expect(problemsOf({ [name]: value })).toEqual([]);
    for (const value of bad) {
      expect(problemsOf({ [name]: value })).toEqual([
        expect.stringMatching(new RegExp(`^${name}: `)),
      ]);
    }
  });

  test.each([
    ["TELEGRAM_BOT_TOKEN", "12/34"],
    ["TELEGRAM_BOT_TOKEN", "12?34#"],
    ["TELEGRAM_CHAT_ID", "my chat"],
    ["TELEGRAM_CHAT_ID", "12.5"],
  ])("%s refuses %s without repeating a secret", (name, value) => {
    const pair = { TELEGRAM_BOT_TOKEN: TOKEN, TELEGRAM_CHAT_ID: "42" };
    const problems = problemsOf({ ...pair, [name]: value });
    expect(problems).toEqual([expect.stringMatching(new RegExp(`^${name}: `))]);
    expect(problems.join()).not.toContain(value);
  });

  test.each(["TELEGRAM_BOT_TOKEN", "TELEGRAM_CHAT_ID"])("%s alone is incomplete", (name) => {
    expect(problemsOf({ [name]: "42" })).toEqual([
      "TELEGRAM_BOT_TOKEN, TELEGRAM_CHAT_ID: set both or neither",
    ]);
  });

  test("a staleness threshold shorter than the refresh period is refused", () => {
    expect(problemsOf({ REFRESH_SECONDS: "60", STALE_AFTER_SECONDS: "60" })).toEqual([
      "STALE_AFTER_SECONDS: must be longer than REFRESH_SECONDS (60)",
    ]);
    expect(problemsOf({ REFRESH_SECONDS: "60", STALE_AFTER_SECONDS: "61" })).toEqual([]);
  });

  test("any text in any variable yields a configuration or a ConfigError, never another error", () => {
    const names = fc.constantFrom(...SETTING_DOCS.map((doc) => doc.name));
    fc.assert(
      fc.property(fc.dictionary(names, fc.string()), (env) => {
        expect(Array.isArray(problemsOf(env))).toBe(true);
      }),
    );
  });
});

describe("secrets", () => {
  const secret = load({
    TELEGRAM_BOT_TOKEN: TOKEN,
    TELEGRAM_CHAT_ID: "-42",
    HEARTBEAT_URL: HEARTBEAT,
  });

  test("are available to the code", () => {
    expect(secret.telegram?.botToken.reveal()).toBe(TOKEN);
    expect(secret.heartbeatUrl?.reveal()).toBe(HEARTBEAT);
  });

  test("do not appear in any printed form of the configuration", () => {
    const printed = [
      JSON.stringify(secret),
      Bun.inspect(secret),
      String(secret.heartbeatUrl),
      JSON.stringify(describeConfig(secret)),
    ].join("\n");
    expect(printed).not.toContain(TOKEN);
    expect(printed).not.toContain(HEARTBEAT);
    expect(describeConfig(secret)).toMatchObject({
      TELEGRAM_BOT_TOKEN: "[redacted]",
      HEARTBEAT_URL: "[redacted]",
      TELEGRAM_CHAT_ID: "-42",
      PORT: 8083,
      REFRESH_SECONDS: 60,
    });
  });
});

describe("documentation", () => {
  test("every setting is documented, and prints its own description", () => {
    const names = SETTING_DOCS.map((doc) => doc.name).filter((name) => name !== "FF_CONFIG");
    expect(Object.keys(describeConfig(load({})))).toEqual(names);
    for (const doc of SETTING_DOCS) expect(doc.description).toEndWith(".");
    expect(SETTING_DOCS.filter((doc) => doc.secret).map((doc) => doc.name)).toEqual([
      "TELEGRAM_BOT_TOKEN",
      "HEARTBEAT_URL",
    ]);
  });

  test("the README's table is the generated one (bun scripts/write-settings.ts)", () => {
    expect(existsSync(README)).toBe(true);
    const readme = readFileSync(README, "utf8");
    expect(withSettings(readme, settingsTable(SETTING_DOCS))).toBe(readme);
  });

  test("a README without the markers is refused", () => {
    expect(() => withSettings("# Title", "table")).toThrow("settings:start");
  });
});

function captured(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("nothing was thrown");
}
