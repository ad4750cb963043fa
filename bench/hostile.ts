/**
 * The service at 14,000 rows in 512 MB while one exchange sends memory-filling payloads: ten refreshes of each hostile
 * payload, and the state of the others.
 */
import type { Health } from "../src/http/api/health/schema.ts";
import { atMost, type Figure, plain } from "./figure.ts";
import { memoryGroup, peakMb } from "./memory-group.ts";
import { startServiceProcess } from "./service.ts";
import { startSimulatorProcess } from "./simulator.ts";

const LIMIT_MB = 512;
const MIN_ROWS = 13_500;

/** A large exchange: its limits are the widest. */
const VICTIM = "bybit";
const VICTIMS_CYCLES = /^funding_cycles_total{exchange="bybit",outcome="(\w+)"} (\d+)/;
const FAULTS = ["deep_json", "many_rows", "gzip_bomb", "huge_body"] as const;
const REFRESHES = 10;
const REFRESH_SECONDS = 6;

/** Consecutive ones; then comes a good one, as an exchange that keeps failing is tried less and less often. */
const FAILURES_IN_A_ROW = 2;

/** Exchanges that are swept instrument by instrument take up to a minute and a half by their own limits. */
const FRESH_WITHIN_SECONDS = 180;

const LOOK_EVERY_MS = 250;
const GIVE_UP_AFTER_MS = 120_000;

export async function hostile(): Promise<Figure[]> {
  using group = memoryGroup(LIMIT_MB);
  await using simulator = await startSimulatorProcess({ scale: 1 });
  await using service = await startServiceProcess(
    simulator.origin,
    { REFRESH_SECONDS: String(REFRESH_SECONDS) },
    { rows: MIN_ROWS, withinMs: 180_000 },
    group?.start,
  );
  const control = async (command: string, body: object): Promise<void> => {
    const init = { method: "POST", body: JSON.stringify(body) };
    const response = await fetch(`${simulator.origin}/control/${command}`, init);
    if (!response.ok) throw new Error(`${command}: ${await response.text()}`);
  };
  const figures = [
    plain("memory limit enforced by the kernel", group === null ? 0 : LIMIT_MB, "MB"),
    plain("peak before", peakMb(service.pid), "MB"),
  ];
  await until(async () => (await notFresh(service.origin)).length === 0);
  for (const fault of FAULTS) {
    let failed = 0;
    const suffered = new Set<string>();
    while (failed < REFRESHES) {
      const before = await refreshes(service.origin);
      await control("fault", { exchange: VICTIM, fault });
      await until(async () => {
        for (const other of await notFresh(service.origin)) suffered.add(other);
        return (await refreshes(service.origin)).failed - before.failed >= FAILURES_IN_A_ROW;
      });
      const after = await refreshes(service.origin);
      failed += after.failed - before.failed;
      await control("clear", { exchange: VICTIM });
      await until(async () => (await refreshes(service.origin)).accepted > after.accepted);
    }
    figures.push(
      plain(`${fault}: refreshes that failed`, failed, ""),
      atMost(`${fault}: other exchanges that were not fresh at some point`, suffered.size, "", 0),
      atMost(`${fault}: peak so far`, peakMb(service.pid), "MB", LIMIT_MB),
    );
  }
  return figures;
}

/** How the victim's refreshes have ended so far. */
async function refreshes(service: string): Promise<{ accepted: number; failed: number }> {
  const text = await (await fetch(`${service}/metrics`)).text();
  const counts = { accepted: 0, failed: 0 };
  for (const line of text.split("\n")) {
    const [, outcome, times] = VICTIMS_CYCLES.exec(line) ?? [];
    if (outcome === undefined) continue;
    counts[outcome === "ok" || outcome === "degraded" ? "accepted" : "failed"] += Number(times);
  }
  return counts;
}

/** The other exchanges whose rows are old, or are not shown as fresh. */
async function notFresh(service: string): Promise<string[]> {
  const { exchanges } = (await (await fetch(`${service}/api/health`)).json()) as Health;
  return exchanges
    .filter(({ exchange }) => exchange !== VICTIM)
    .filter(({ status, data_age_seconds: age }) => !isFresh(status, age))
    .map(({ exchange }) => exchange);
}

function isFresh(status: Health["exchanges"][number]["status"], age: number | null): boolean {
  if (status === "off") return true;
  return (status === "ok" || status === "degraded") && (age ?? Infinity) <= FRESH_WITHIN_SECONDS;
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const startedMs = performance.now();
  while (!(await isTrue())) {
    if (performance.now() - startedMs > GIVE_UP_AFTER_MS) throw new Error("waited too long");
    await Bun.sleep(LOOK_EVERY_MS);
  }
}
