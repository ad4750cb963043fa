import { expect, test } from "bun:test";
import { LEASE_MS } from "../../src/services/operations/alerts.ts";
import { AlertBench } from "../support/alert-bench.ts";
import { type Fault, FaultyDatabase } from "../support/faulty-database.ts";
import { LONG_MS } from "../support/patience.ts";

const PASSING = ["SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_BUSY"] as const;

/** Polls after which two alerts have long been sent, whatever failed once. */
const POLLS = 8;

/** Two exchanges are refused, one after the other: what was sent, and what is stored of it except times. */
async function outcomeOf(plan: Fault | null, lookEveryMs = 1_000) {
  using bench = new AlertBench();
  const faulty = new FaultyDatabase(bench.connect());
  const alerts = bench.service([bench.messenger], faulty.db);
  bench.scene.allWell();
  const poll = async (): Promise<void> => {
    try {
      await alerts.observe(bench.scene.report(), bench.scene.states);
    } catch {
      // The service logs it and polls again after a second.
    }
    const delivered = alerts.deliver().catch(() => {});
    await bench.clock.advance(lookEveryMs);
    await delivered;
    bench.scene.heartbeatMs = bench.clock.nowMs();
  };
  await poll();
  faulty.plan(plan);
  bench.scene.fail("okx", "geo_blocked", "HTTP 451");
  await poll();
  bench.scene.fail("kraken", "geo_blocked", "HTTP 451");
  for (let n = 0; n < POLLS; n += 1) await poll();
  const { executed } = faulty;
  const stored = bench
    .connect()
    .query(
      `SELECT key, state, sent_at IS NULL AS waiting, parked_at AS parked FROM alert_outbox ORDER BY id`,
    )
    .all();
  const states = bench.connect().query("SELECT key, state FROM alert_states ORDER BY key").all();
  const sent = bench.messenger.sent.map((text) => text.split(":")[0]);
  return { sent, stored, states, executed };
}

test.each(PASSING)(
  "each alert is sent once and in order if any of its statements fails with %s",
  async (code) => {
    const { executed, ...right } = await outcomeOf(null);
    expect(right.sent).toEqual(["okx", "kraken"]);
    expect(right.stored).toHaveLength(2);
    for (let at = 1; at <= executed; at += 1) {
      for (const rolledBack of [false, true]) {
        const { executed: _, ...outcome } = await outcomeOf({ at, code, rolledBack });
        expect({ at, rolledBack, ...outcome }).toEqual({ at, rolledBack, ...right });
      }
    }
  },
  LONG_MS,
);

test(
  "a database that is damaged at any of them loses no alert once it is repaired, at worst after the lease",
  async () => {
    const { executed, ...right } = await outcomeOf(null, LEASE_MS / 4);
    for (let at = 1; at <= executed; at += 1) {
      const fault = { at, code: "SQLITE_CORRUPT", rolledBack: true };
      const { sent, stored, states } = await outcomeOf(fault, LEASE_MS / 4);
      expect([...new Set(sent)]).toEqual(right.sent);
      expect({ stored, states }).toEqual({ stored: right.stored, states: right.states });
    }
  },
  LONG_MS,
);
