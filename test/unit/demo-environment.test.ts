import { expect, test } from "bun:test";
import { demoEnvironment } from "../../scripts/demo-environment.ts";
import { loadConfig, SETTING_DOCS, VARIABLES } from "../../src/config/config.ts";

const valuesOf = (names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, `value of ${name}`]));

test("of the service's variables, the demo passes on those that fit simulated markets", () => {
  expect(Object.keys(demoEnvironment(valuesOf(VARIABLES))).toSorted()).toEqual([
    "EXCHANGES",
    "FEES_FILE",
    "HOST",
    "METRICS_BASES",
    "PUBLIC_URL",
    "REFRESH_SECONDS",
    "STALE_AFTER_SECONDS",
    "TRUSTED_PROXIES",
  ]);
});

test("no secret reaches the demo", () => {
  const secrets = SETTING_DOCS.filter(({ secret }) => secret).map(({ name }) => name);
  expect(secrets).toContain("TELEGRAM_BOT_TOKEN");
  expect(demoEnvironment(valuesOf(secrets))).toEqual({});
});

test("a new setting of the service does not reach the demo automatically", () => {
  const added = ["EMAIL_ADDRESS", "EMAIL_PASSWORD"];
  expect(demoEnvironment(valuesOf(added), [...VARIABLES, ...added])).toEqual({});
});

test("variables that the service does not read are passed on unchanged", () => {
  const env = { PATH: "/usr/bin", BUN_JSC_forceRAMSize: "134217728", TZ: undefined };
  expect(demoEnvironment(env)).toEqual(env);
});

test("the listed variables are all that the configuration reads", () => {
  const read = new Set<string>();
  const get = (_: object, name: string): string | undefined => {
    read.add(name);
    return name === "NOTIFY_SOCKET" ? "/run/systemd/notify" : undefined;
  };
  loadConfig(new Proxy({}, { get }), () => "");
  expect([...read].toSorted()).toEqual(VARIABLES.toSorted());
});
