import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { closeSync, openSync, statSync, writeSync } from "node:fs";
import { startSimulator } from "../../src/simulator/server.ts";
import { allShown, fundingAt } from "../support/service-api.ts";
import { startService, temporaryDatabasePath, until } from "../support/service.ts";
import { LONG_MS } from "../support/patience.ts";
import { PART } from "../support/part-of-market.ts";

const PRLIMIT = Bun.which("prlimit") ?? "/usr/bin/prlimit";

/** The limit's signal is ignored, as on a full disk there is none: writes fail with an error. */
const IGNORING_THE_SIGNAL = ["bash", "-c", `trap "" XFSZ; exec "$@"`, "bash"];

const EXCHANGES = ["okx", "kraken"] as const;

function scene() {
  const stack = new DisposableStack();
  const database = stack.use(temporaryDatabasePath());
  const simulator = stack.adopt(startSimulator({ nowMs: () => Date.now(), scale: PART }), (one) =>
    one.stop(),
  );
  const settings = {
    DATABASE_PATH: database.path,
    EXCHANGE_ORIGIN: simulator.origin,
    EXCHANGES: EXCHANGES.join(","),
    REFRESH_SECONDS: "2",
  };
  return { path: database.path, settings, [Symbol.dispose]: () => stack.dispose() };
}

/** From now on no file of the process may grow beyond `bytes`. */
function limitFiles(pid: number, bytes: number): void {
  const { exitCode, stderr } = Bun.spawnSync([PRLIMIT, "--pid", `${pid}`, `--fsize=${bytes}:`]);
  if (exitCode !== 0) throw new Error(stderr.toString());
}

function integrity(path: string): unknown {
  const db = new Database(path);
  try {
    return db.query("PRAGMA integrity_check").all();
  } finally {
    db.close();
  }
}

// They mostly wait, each for its own service: they wait at the same time.
describe.concurrent("a full disk", () => {
  test(
    "interrupts no response, is logged once, and SIGTERM ends with 0; the next start continues",
    async () => {
      using one = scene();
      await using service = await startService(one.settings, IGNORING_THE_SIGNAL);
      await allShown(service.origin, EXCHANGES);
      limitFiles(service.pid, 1);
      await until(() => service.log().includes("database_not_writable"), service.log);
      expect((await fundingAt(service.origin)).total).toBeGreaterThan(0);
      service.kill("SIGTERM");
      expect(await service.exited).toBe(0);
      expect(service.log()).toContain('"event":"stopped"');
      expect(service.log().match(/collector","code":"SQLITE_\w+"/g)).toHaveLength(1);
      expect(service.log()).not.toContain("collector_ended");
      expect(integrity(one.path)).toEqual([{ integrity_check: "ok" }]);

      await using next = await startService(one.settings);
      await until(() => next.log().includes('"event":"collecting"'), next.log);
      await allShown(next.origin, EXCHANGES);
    },
    LONG_MS,
  );

  test(
    "is written to again by the same collector once there is space",
    async () => {
      using one = scene();
      await using service = await startService(one.settings, IGNORING_THE_SIGNAL);
      await allShown(service.origin, EXCHANGES);
      limitFiles(service.pid, 1);
      await until(() => service.log().includes("database_not_writable"), service.log);
      limitFiles(service.pid, 2 ** 40);
      await until(() => service.log().includes("database_writable_again"), service.log);
      await allShown(service.origin, EXCHANGES);
      expect(service.log().match(/"event":"collecting"/g)).toHaveLength(1);
    },
    LONG_MS,
  );
});

describe.concurrent("a database that is damaged while the service runs", () => {
  test(
    "ends it with status 3 and one line with the remedy",
    async () => {
      using one = scene();
      await using service = await startService(one.settings);
      await allShown(service.origin, EXCHANGES);
      // Everything read from now on is garbage, in the log as in the file.
      for (const suffix of ["", "-wal"]) overwrite(one.path + suffix);
      expect(await service.exited).toBe(3);
      expect(service.log()).toMatch(/database \S+: it is damaged .*restore a backup/);
    },
    LONG_MS,
  );
});

function overwrite(path: string): void {
  const file = openSync(path, "r+");
  writeSync(file, Buffer.alloc(statSync(path).size, 0xab), 0);
  closeSync(file);
}
