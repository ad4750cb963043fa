import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { startSimulator } from "../../src/simulator/server.ts";
import type { ExplanationBody } from "../../src/http/api/explain/schema.ts";
import { allShown, answerOf, fundingAt, HANDFUL, healthAt } from "../support/service-api.ts";
import {
  type ServiceProcess,
  startService,
  temporaryDatabasePath,
  until,
} from "../support/service.ts";
import { LONG_MS } from "../support/patience.ts";
import { PART } from "../support/part-of-market.ts";

/** Snapshots that both processes must have shown for the comparison to count. */
const SHARED_SNAPSHOTS = 2;

/** More than a publish period without changes between two rounds, so that both processes see the end of each. */
const REFRESH_SECONDS = "6";

const LIST = "/api/funding/current";
const EXPLAINED = "/api/explain/kraken/PF_XBTUSD";

function collects(service: ServiceProcess): boolean {
  return service.log().includes('"event":"collecting"');
}

/** Remembers the body of each snapshot that a service shows. Throws if one id has two bodies. */
class Seen {
  readonly #hashes = new Map<string, bigint | number>();

  get ids(): readonly string[] {
    return [...this.#hashes.keys()];
  }

  async poll(service: ServiceProcess): Promise<void> {
    const response = await fetch(service.origin + LIST);
    if (response.status !== 200) return;
    const text = await response.text();
    const id = /"snapshot":"([^"]+)"/.exec(text)?.[1] ?? "";
    const hash = Bun.hash(text);
    if ((this.#hashes.get(id) ?? hash) !== hash) throw new Error(`two bodies of snapshot ${id}`);
    this.#hashes.set(id, hash);
  }

  shares(other: Seen): readonly string[] {
    return this.ids.filter((id) => other.#hashes.get(id) === this.#hashes.get(id));
  }

  contradicts(other: Seen): readonly string[] {
    const both = this.ids.filter((id) => other.#hashes.has(id));
    return both.filter((id) => other.#hashes.get(id) !== this.#hashes.get(id));
  }
}

/** Instruments that are listed more than once, and how many are listed. */
function listed(path: string): { readonly doubled: readonly unknown[]; readonly count: number } {
  const db = new Database(path, { readonly: true });
  try {
    const doubled = db
      .query(
        `SELECT exchange, exchange_symbol, count(*) AS times FROM instruments
         WHERE status = 'listed' GROUP BY exchange, exchange_symbol HAVING times > 1`,
      )
      .all();
    const counted = db
      .query<{ n: number }, []>("SELECT count(*) AS n FROM instruments WHERE status = 'listed'")
      .get();
    return { doubled, count: counted?.n ?? Number.NaN };
  } finally {
    db.close();
  }
}

test(
  "of two services on one database one collects, both serve the same; after kill -9 the other continues",
  async () => {
    using database = temporaryDatabasePath();
    using stack = new DisposableStack();
    const simulator = stack.adopt(startSimulator({ nowMs: () => Date.now(), scale: PART }), (one) =>
      one.stop(),
    );
    const settings = {
      DATABASE_PATH: database.path,
      EXCHANGE_ORIGIN: simulator.origin,
      EXCHANGES: HANDFUL.join(","),
      REFRESH_SECONDS,
    };
    await using left = await startService(settings);
    await using right = await startService(settings);
    await until(() => collects(left) || collects(right));
    const [collecting, waiting] = collects(left) ? [left, right] : [right, left];
    await until(() => waiting.log().includes('"event":"standby"'));
    for (const service of [left, right]) await allShown(service.origin, HANDFUL);
    expect(collects(waiting)).toBe(false);

    const seen = { collecting: new Seen(), waiting: new Seen() };
    await until(
      async () => {
        await seen.collecting.poll(collecting);
        await seen.waiting.poll(waiting);
        return seen.collecting.shares(seen.waiting).length >= SHARED_SNAPSHOTS;
      },
      () => `seen ${seen.collecting.ids} and ${seen.waiting.ids}`,
    );
    expect(seen.collecting.contradicts(seen.waiting)).toEqual([]);

    const explained = await answerOf<ExplanationBody>(collecting.origin, EXPLAINED);
    expect([explained.raw_reason, explained.raw === null]).toEqual([null, false]);
    // Raw rows never leave the collecting process; everything else is explained by both.
    const elsewhere = await answerOf<ExplanationBody>(waiting.origin, EXPLAINED);
    expect(elsewhere).toMatchObject({ raw: null, raw_reason: "not_in_memory", rate: null });
    expect(elsewhere.rate_rule).toBe(explained.rate_rule);

    const before = listed(database.path);
    expect(before.doubled).toEqual([]);
    const killedMs = performance.now();
    collecting.kill("SIGKILL");
    await until(
      () => collects(waiting),
      () => waiting.log(),
    );
    const tookMs = performance.now() - killedMs;
    console.log(`two processes: the other one collects ${tookMs.toFixed(0)} ms after kill -9`);

    await using restarted = await startService(settings);
    await until(() => restarted.log().includes('"event":"standby"'));
    await until(async () => {
      const { snapshot } = await fundingAt(waiting.origin);
      return snapshot.startsWith("2-") && (await isRefreshedSince(waiting, killedMs));
    });
    expect(collects(restarted)).toBe(false);
    expect(listed(database.path)).toEqual(before);
    expect((await fundingAt(waiting.origin)).total).toBe(before.count);
  },
  LONG_MS,
);

/** Whether a batch of every enabled exchange was accepted after that moment (of performance.now). */
async function isRefreshedSince(service: ServiceProcess, sinceMs: number): Promise<boolean> {
  const { exchanges } = await healthAt(service.origin);
  const agoSeconds = (performance.now() - sinceMs) / 1000;
  const refreshed = exchanges.filter(
    ({ data_age_seconds: age }) => age !== null && age < agoSeconds - 1,
  );
  return refreshed.length === HANDFUL.length;
}
