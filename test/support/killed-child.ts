import type { Database } from "bun:sqlite";
import { expect } from "bun:test";
import { join } from "node:path";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { StoredRefresh } from "./read-samples.ts";

/**
 * Runs one of the children that sample, from a time on, and kills it after so many lines; resolves to what it has
 * written.
 */
export async function untilKilled(
  script: string,
  path: string,
  from: number,
  lines: number,
): Promise<string> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, script), path, String(from)], {
    stderr: "inherit",
  });
  let text = "";
  let count = 0;
  for await (const chunk of child.stdout) {
    const part = Buffer.from(chunk).toString();
    text += part;
    count += part.split("\n").length - 1;
    if (count >= lines) child.kill("SIGKILL");
  }
  await child.exited;
  expect(child.signalCode).toBe("SIGKILL");
  return text;
}

/**
 * The refreshes that such a child has stored: those that it reported, and one that was stored when it was killed before it
 * could say so.
 */
export function storedBy(db: Database, text: string): readonly StoredRefresh[] {
  const { stored, underWay } = reported(text);
  const newest = db
    .query<{ at: number | null }, [string]>(
      "SELECT max(at) AS at FROM sample_refreshes WHERE exchange = ?",
    )
    .get(underWay?.exchange ?? "")?.at;
  return underWay !== null && newest === underWay.at ? [...stored, underWay] : stored;
}

/** The refreshes that were reported as stored (`try EXCHANGE AT`, then `ok`), and the one that was under way. */
function reported(text: string): {
  stored: StoredRefresh[];
  underWay: StoredRefresh | null;
} {
  const stored: StoredRefresh[] = [];
  let underWay: StoredRefresh | null = null;
  // What follows the last line break is half a line.
  for (const line of text.split("\n").slice(0, -1)) {
    const [word, exchange, at] = line.split(" ");
    if (word === "try") underWay = { exchange: exchange as ExchangeId, at: Number(at) };
    else if (word === "ok" && underWay !== null) {
      stored.push(underWay);
      underWay = null;
    }
  }
  return { stored, underWay };
}
