import { describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { END_WITHIN_MS } from "../support/patience.ts";
import { startService, until } from "../support/service.ts";
import { acceptedBatch, startCollecting, testDatabase } from "../support/database.ts";
import { quoteOf } from "../support/quote.ts";

const ROOT = join(import.meta.dir, "../..");

/** Nothing listens there: every exchange is unreachable. */
const NO_EXCHANGES = "http://127.0.0.1:9";

interface FundingList {
  readonly snapshot: string;
  readonly total: number;
  readonly rows: readonly { readonly exchange_symbol: string; readonly flags: readonly string[] }[];
}

async function get<T>(url: string): Promise<{ status: number; body: T }> {
  const response = await fetch(url);
  return { status: response.status, body: (await response.json()) as T };
}

/** A database as left by a service a minute ago. */
function filledDatabase() {
  const database = testDatabase();
  const nowMs = Date.now();
  const epoch = startCollecting(database, ["okx"], nowMs);
  const quotes = ["BTC", "ETH"].map((base) =>
    quoteOf(base, { receivedAtMs: nowMs - 60_000, nextFundingAtMs: nowMs + 3_600_000 }),
  );
  database.writer.commit(acceptedBatch("okx", epoch, nowMs - 60_000, quotes));
  return database;
}

// They mostly wait, each for its own service: they wait at the same time.
describe.concurrent("the service", () => {
  test("responds from the database immediately after a start, with no exchange reachable", async () => {
    using database = filledDatabase();
    await using service = await startService({
      DATABASE_PATH: database.path,
      EXCHANGE_ORIGIN: NO_EXCHANGES,
    });
    const { status, body } = await get<FundingList>(`${service.origin}/api/funding/current`);
    expect(status).toBe(200);
    expect(body.rows.map((row) => [row.exchange_symbol, row.flags])).toEqual([
      ["BTCUSDT", []],
      ["ETHUSDT", []],
    ]);
  });

  test("ends with status 0 on SIGTERM, in time for systemd, and leaves no WAL behind", async () => {
    using database = filledDatabase();
    database.db.close();
    await using service = await startService({
      DATABASE_PATH: database.path,
      EXCHANGE_ORIGIN: NO_EXCHANGES,
    });
    await until(() => service.log().includes('"collecting"'));
    const startedMs = performance.now();
    service.kill("SIGTERM");
    expect(await service.exited).toBe(0);
    expect(performance.now() - startedMs).toBeLessThan(END_WITHIN_MS);
    expect(service.log()).toContain('"stopped"');
    const wal = Bun.file(`${database.path}-wal`);
    expect((await wal.exists()) ? wal.size : 0).toBe(0);
  });

  test("never prints a secret, however it is configured", async () => {
    using database = testDatabase();
    await using service = await startService({
      DATABASE_PATH: database.path,
      EXCHANGE_ORIGIN: NO_EXCHANGES,
      LOG_LEVEL: "debug",
      TELEGRAM_BOT_TOKEN: "123456:TELEGRAM-SECRET",
      TELEGRAM_CHAT_ID: "42",
      TELEGRAM_API_ORIGIN: NO_EXCHANGES,
      HEARTBEAT_URL: `${NO_EXCHANGES}/HEARTBEAT-SECRET`,
    });
    await until(() => service.log().includes("exchange_failed"));
    service.kill("SIGTERM");
    await service.exited;
    expect(service.log()).toContain("[redacted]");
    expect(service.log()).not.toContain("SECRET");
  });
});

/** Runs one of our programs to its end. */
async function run(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
) {
  const child = Bun.spawn([process.execPath, join(ROOT, script), ...args], {
    cwd: ROOT,
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { status: await child.exited, out, err };
}

describe("bad settings", () => {
  test("end the service with status 2 and one message that names each of them", async () => {
    const { status, err } = await run("src/main.ts", [], {
      PORT: "abc",
      REFRESH_SECONDS: "0",
      EXCHANGES: "okx,nope",
    });
    expect(status).toBe(2);
    for (const name of ["PORT", "REFRESH_SECONDS", "EXCHANGES", "nope"])
      expect(err).toContain(name);
  });
});

describe("the command line", () => {
  test.each([
    [[], "no command given"],
    [["frobnicate"], 'unknown command "frobnicate"'],
    [["colect"], 'unknown command "colect"; did you mean collect?'],
    [["collect"], "needs --once"],
    [["collect", "--once", "--exchange", "OKXX"], 'unknown exchange "OKXX"; did you mean okx?'],
    [["accept", "Okxx"], 'unknown exchange "Okxx"; did you mean okx?'],
    [["collect", "--once", "--exchange", "nope"], 'unknown exchange "nope"'],
    [["collect", "--once", "--format", "xml"], "--format xml"],
    [["collect", "--once", "--nonsense"], "--nonsense"],
    [["collect", "--exchnage=okx"], "unknown option --exchnage; did you mean --exchange?"],
    [["accept", "okx", "--hlep"], "unknown option --hlep; did you mean --help?"],
    [["accept", "okx", "-x"], "unknown option -x\n"],
    [["collect", "--toString"], "unknown option --toString\n"],
    [["collect", "--once", "okx"], 'unexpected argument "okx"'],
    [["accept"], "accept needs one exchange id"],
    [["accept", "okx", "bybit"], "accept needs one exchange id"],
  ])("%p is wrong usage: status 2, nothing on standard output", async (args, message) => {
    const { status, out, err } = await run("src/cli/main.ts", args);
    expect([status, out]).toEqual([2, ""]);
    expect(err).toContain(message);
  });

  test.each([["help"], ["--help"], ["collect --help"], ["accept -h"]])(
    "%s prints its usage",
    async (args) => {
      const { status, out } = await run("src/cli/main.ts", args.split(" "));
      expect(status).toBe(0);
      expect(out).toStartWith("Usage: bun src/cli/main.ts");
    },
  );

  test("collect with every exchange unreachable: no row, a line each, status 1", async () => {
    const { status, out, err } = await run(
      "src/cli/main.ts",
      ["collect", "--once", "--exchange", "okx", "--exchange", "gate"],
      {
        EXCHANGE_ORIGIN: NO_EXCHANGES,
      },
    );
    expect([status, out]).toEqual([1, ""]);
    expect(err.trim().split("\n").toSorted()).toEqual([
      expect.stringMatching(/^gate: failed in \d+ ms: network: the connection failed/),
      expect.stringMatching(/^okx: failed in \d+ ms: network: the connection failed/),
    ]);
  });

  test("accept records the operator's command for the collector, and knows its exchanges", async () => {
    using database = filledDatabase();
    const noted = await run("src/cli/main.ts", ["accept", "okx"], { DATABASE_PATH: database.path });
    expect(noted.status).toBe(0);
    expect(database.states.sizeMemory("okx").acceptNextSize).toBe(true);
    const unknown = await run("src/cli/main.ts", ["accept", "kraken"], {
      DATABASE_PATH: database.path,
    });
    expect([unknown.status, unknown.err.trim()]).toEqual([
      1,
      "kraken: not collected in this database yet",
    ]);
  });

  test("accept creates no database: status 1, and it names the path", async () => {
    const folder = mkdtempSync(join(tmpdir(), "no-database-"));
    try {
      const path = join(folder, "wrong", "finder.db");
      const { status, out, err } = await run("src/cli/main.ts", ["accept", "okx"], {
        DATABASE_PATH: path,
      });
      expect([status, out, err.trim()]).toEqual([
        1,
        "",
        `no database at ${path} (setting DATABASE_PATH)`,
      ]);
      expect(existsSync(join(folder, "wrong"))).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
