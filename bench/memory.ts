/** Resident memory of the whole service over minutes of refreshes, read from its own metrics. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atMost, type Figure, plain } from "./figure.ts";
import { freePort, startSimulatorProcess } from "./simulator.ts";

const ROOT = join(import.meta.dir, "..");
const SAMPLE_EVERY_MS = 10_000;
const AIM_MB = 150;

/** `minutes` of refreshes, one a minute and exchange as in production, with a reader now and then. */
export async function memory(minutes: number): Promise<Figure[]> {
  await using simulator = await startSimulatorProcess();
  const folder = mkdtempSync(join(tmpdir(), "funding-finder-bench-"));
  const origin = `http://127.0.0.1:${freePort()}`;
  const child = Bun.spawn([process.execPath, join(ROOT, "src/main.ts")], {
    env: {
      PATH: process.env["PATH"] ?? "",
      PORT: new URL(origin).port,
      DATABASE_PATH: join(folder, "bench.db"),
      EXCHANGE_ORIGIN: simulator.origin,
      LOG_LEVEL: "warn",
    },
    stdout: "ignore",
    stderr: "inherit",
  });
  try {
    const samples: number[] = [];
    const samplesWanted = Math.max(2, Math.round((minutes * 60_000) / SAMPLE_EVERY_MS));
    for (let sample = 0; sample < samplesWanted; sample += 1) {
      await Bun.sleep(SAMPLE_EVERY_MS);
      await (await fetch(`${origin}/api/funding/current`)).arrayBuffer();
      samples.push(await residentMb(origin));
    }
    const half = samples.slice(Math.floor(samples.length / 2));
    return [
      plain("minutes of refreshes", minutes, "min"),
      plain("resident memory after the first refreshes", samples[1] ?? Number.NaN, "MB"),
      plain("resident memory, highest", Math.max(...samples), "MB"),
      atMost("resident memory at the end", samples.at(-1) ?? Number.NaN, "MB", AIM_MB),
      plain("growth over the second half", (samples.at(-1) ?? 0) - (half[0] ?? 0), "MB"),
    ];
  } finally {
    child.kill();
    await child.exited;
    rmSync(folder, { recursive: true });
  }
}

async function residentMb(origin: string): Promise<number> {
  const text = await (await fetch(`${origin}/metrics`)).text();
  const bytes = /^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1];
  return Number(bytes) / 1e6;
}
