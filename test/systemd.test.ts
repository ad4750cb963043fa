import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..");
const NAME = "funding-finder.service";
const UNIT = await Bun.file(join(ROOT, "systemd", NAME)).text();
const ANALYZE = Bun.which("systemd-analyze");
const SECTIONS = ["Unit", "Service", "Install"];

const folder = mkdtempSync(join(tmpdir(), "systemd-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every value of `key` in the unit, in order; a section's name in brackets starts it. */
function valuesOf(unit: string, key: string): string[] {
  return unit
    .split("\n")
    .filter((line) => line.startsWith(`${key}=`))
    .map((line) => line.slice(key.length + 1));
}

/** Lines that are neither a comment, a section known here nor NAME=value. */
function unreadableLines(unit: string): string[] {
  return unit
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .filter((line) => !/^[A-Z][A-Za-z]+=/.test(line))
    .filter((line) => !SECTIONS.some((section) => line === `[${section}]`));
}

/** What systemd reports about the unit if its program is one that exists here. Unknown keys are mere warnings. */
async function complaints(analyze: string, unit: string): Promise<string> {
  const file = join(folder, NAME);
  await Bun.write(file, unit.replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`));
  const { exitCode, stdout, stderr } = Bun.spawnSync([analyze, "verify", file]);
  const output = `${stdout.toString()}${stderr.toString()}`.trim();
  return exitCode === 0 ? output : `status ${exitCode}: ${output}`;
}

describe("the unit file", () => {
  test("is accepted by systemd without a complaint", async () => {
    if (ANALYZE === null) {
      console.log("systemd-analyze is not installed: the unit is checked by its lines alone");
      expect(unreadableLines(UNIT)).toEqual([]);
      return;
    }
    expect(await complaints(ANALYZE, UNIT)).toBe("");
    const misspelt = UNIT.replace("MemoryMax=", "MemoryMaximum=");
    expect(await complaints(ANALYZE, misspelt)).toContain("MemoryMaximum");
  });

  test("has lines of a known form only", () => {
    expect(unreadableLines(UNIT)).toEqual([]);
    expect(unreadableLines("[Service]\nnonsense\n")).toEqual(["nonsense"]);
  });

  test("starts the service with the project's Bun, in its folder", async () => {
    const [folderOfProject] = valuesOf(UNIT, "WorkingDirectory");
    const [command] = valuesOf(UNIT, "ExecStart");
    expect(command).toBe(`${folderOfProject}/node_modules/.bin/bun --no-env-file dist/main.js`);
  });

  test("runs as its own user without privileges, and may write only its state", () => {
    expect(valuesOf(UNIT, "User")).toEqual(["funding-finder"]);
    expect(valuesOf(UNIT, "NoNewPrivileges")).toEqual(["yes"]);
    expect(valuesOf(UNIT, "CapabilityBoundingSet")).toEqual([""]);
    expect(valuesOf(UNIT, "ProtectSystem")).toEqual(["strict"]);
    expect(valuesOf(UNIT, "ReadWritePaths")).toEqual([]);
  });

  test("keeps the database in the state folder by default", () => {
    const [state] = valuesOf(UNIT, "StateDirectory");
    expect(valuesOf(UNIT, "Environment")).toContain(
      `DATABASE_PATH=/var/lib/${state}/funding-finder.db`,
    );
    expect(UNIT.indexOf("\nEnvironmentFile=-")).toBeGreaterThan(UNIT.indexOf("\nEnvironment="));
  });

  test("leaves to the operator what a restart would not fix: settings and an unusable database", () => {
    expect(valuesOf(UNIT, "RestartPreventExitStatus")).toEqual(["2 3"]);
    expect(valuesOf(UNIT, "Restart")).toEqual(["on-failure"]);
  });

  test("considers it started when it reports so, and restarts it after a minute without a ping", () => {
    expect(valuesOf(UNIT, "Type")).toEqual(["notify"]);
    expect(valuesOf(UNIT, "WatchdogSec")).toEqual(["60"]);
    expect(valuesOf(UNIT, "Restart")).toEqual(["on-failure"]);
    expect(valuesOf(UNIT, "RestrictAddressFamilies")[0]).toContain("AF_UNIX");
  });

  test("sets the runtime's options as make run and make demo do", async () => {
    const makefile = await Bun.file(join(ROOT, "Makefile")).text();
    const made = [...makefile.matchAll(/(?<=^demo run: export )(BUN_\w+) \?= (.*)$/gm)];
    const inUnit = valuesOf(UNIT, "Environment").filter((line) => line.startsWith("BUN_"));
    expect(inUnit).toEqual([
      "BUN_JSC_forceRAMSize=134217728",
      "BUN_GC_TIMER_INTERVAL=10000",
      "BUN_JSC_thresholdForJITAfterWarmUp=4000",
      "BUN_JSC_thresholdForJITSoon=1000",
    ]);
    expect(made.map(([, name, value]) => `${name}=${value}`)).toEqual(inUnit);
    expect(valuesOf(UNIT, "MemoryMax")).toEqual([`${(4 * 134_217_728) / 2 ** 20}M`]);
  });

  test("gives it more time to stop than its answers may take", () => {
    expect(valuesOf(UNIT, "TimeoutStopSec")).toEqual(["25"]);
  });

  test("permits memory that is both writable and executable, for the runtime's compiler", () => {
    expect(valuesOf(UNIT, "MemoryDenyWriteExecute")).toEqual([]);
  });
});
