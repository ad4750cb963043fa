import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { type Simulator, startSimulator } from "../../src/simulator/server.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { FundingRowSchema } from "../../src/http/lists/funding-schema.ts";
import { ENABLED, LARGE } from "../support/service-api.ts";

const ROOT = join(import.meta.dir, "../..");

let simulator: Simulator;

beforeAll(() => {
  simulator = startSimulator({ nowMs: () => Date.now(), scale: 0.1 });
});
afterAll(() => simulator.stop());

async function collect(...args: readonly string[]) {
  const child = Bun.spawn([process.execPath, "src/cli/main.ts", "collect", "--once", ...args], {
    cwd: ROOT,
    env: { PATH: process.env["PATH"] ?? "", EXCHANGE_ORIGIN: simulator.origin },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { status: await child.exited, out, err };
}

interface Row {
  readonly exchange: string;
  readonly exchange_symbol: string;
  readonly uid: null;
  readonly open_interest_usd: number | null;
}

function rowsOf(out: string): Row[] {
  return out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
}

describe("collect --once", () => {
  test("prints a row per instrument with the fields of the API, and a line per exchange separately", async () => {
    const { status, out, err } = await collect();
    expect(status).toBe(0);
    const rows = rowsOf(out);
    const fields = Object.keys(FundingRowSchema.shape);
    expect(rows.every((row) => Bun.deepEquals(Object.keys(row), fields))).toBe(true);
    expect(new Set(rows.map((row) => row.uid))).toEqual(new Set([null]));
    const counts = Map.groupBy(rows, (row) => row.exchange);
    for (const [exchange, ofIt] of counts) {
      const { instruments } = simulator.market.truth(exchange as ExchangeId);
      expect([exchange, ofIt.length]).toEqual([exchange, instruments.length]);
      expect(err).toContain(`${exchange}: ${instruments.length} rows`);
    }
    expect([...counts.keys()].toSorted()).toEqual(ENABLED.toSorted());
    expect(err.trim().split("\n")).toHaveLength(ENABLED.length);
  });

  test("omits what is fetched one by one, unless --full is given", async () => {
    const plain = rowsOf((await collect("--exchange", "binance")).out);
    expect(plain.every((row) => row.open_interest_usd === null)).toBe(true);
    const scaled = startSimulator({ nowMs: () => Date.now(), scale: 0.01 });
    try {
      const child = Bun.spawn(
        [
          process.execPath,
          "src/cli/main.ts",
          "collect",
          "--once",
          "--exchange",
          "binance",
          "--full",
        ],
        {
          cwd: ROOT,
          env: { PATH: process.env["PATH"] ?? "", EXCHANGE_ORIGIN: scaled.origin },
          stdout: "pipe",
          stderr: "ignore",
        },
      );
      const full = rowsOf(await new Response(child.stdout).text());
      expect(full.length).toBeGreaterThan(3);
      expect(full.every((row) => row.open_interest_usd !== null)).toBe(true);
    } finally {
      scaled.stop();
    }
  });

  test("accepts the id of an exchange in any case", async () => {
    const { status, out } = await collect("--exchange", "Kraken");
    expect(status).toBe(0);
    expect(new Set(rowsOf(out).map(({ exchange }) => exchange))).toEqual(new Set(["kraken"]));
  });

  test("prints columns for people", async () => {
    const { status, out } = await collect("--exchange", "kraken", "--format", "table");
    expect(status).toBe(0);
    const [head = "", ...lines] = out.trimEnd().split("\n");
    expect(head.split(/\s+/).slice(0, 3)).toEqual(["exchange", "exchange_symbol", "base"]);
    expect(lines.every((line) => /^kraken +PF_/.test(line))).toBe(true);
  });

  test("one failing exchange: status 1, its line says why, the rows of the others are printed", async () => {
    simulator.market.setFault("okx", { name: "html" });
    const { status, out, err } = await collect("--exchange", "okx", "--exchange", "kraken");
    simulator.market.clearFaults();
    expect(status).toBe(1);
    expect(new Set(rowsOf(out).map((row) => row.exchange))).toEqual(new Set(["kraken"]));
    expect(err).toMatch(/^okx: failed in \d+ ms: bad_envelope: expected JSON, got an HTML page$/m);
  });

  test.each(["ndjson", "table"])(
    "ends silently with status 0 when its reader stops reading (%s)",
    async (format) => {
      // Far more than a pipe buffers.
      const named = LARGE.map((id) => `--exchange ${id}`).join(" ");
      const command = `"$1" src/cli/main.ts collect --once --format ${format} ${named} | head -n 1; echo "\${PIPESTATUS[0]}"`;
      const child = Bun.spawn(["bash", "-c", command, "bash", process.execPath], {
        cwd: ROOT,
        env: { PATH: process.env["PATH"] ?? "", EXCHANGE_ORIGIN: simulator.origin },
        stdout: "pipe",
        stderr: "pipe",
      });
      const [out, err] = await Promise.all([
        new Response(child.stdout).text(),
        new Response(child.stderr).text(),
      ]);
      const [first = "", status] = out.trimEnd().split("\n");
      expect(first).toStartWith(format === "table" ? "exchange " : '{"uid":null,');
      expect(status).toBe("0");
      expect(err).not.toContain("EPIPE");
      expect(err.trim().split("\n")).toHaveLength(LARGE.length);
    },
  );

  test("does not print half of the exchange's own list as if it were complete", async () => {
    simulator.market.setFault("okx", { name: "half_list" });
    const { err } = await collect("--exchange", "okx");
    simulator.market.clearFaults();
    expect(err).toMatch(/refused_batch|degraded: \d+ instruments, \d+ in the exchange's own list/);
  });
});
