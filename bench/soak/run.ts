import { readFileSync } from "node:fs";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import type { Health } from "../../src/http/api/health/schema.ts";
import type { ServiceProcess } from "../service.ts";
import type { RandomFaults } from "./faults.ts";
import type { Readers } from "./readers.ts";
import type { TruthBook } from "./truth-book.ts";

/** The aims. */
const MAX_MEMORY_MB = 250;
export const FRESH_WITHIN_MS = 300_000;

/** Five refreshes at the soak's pace: health considers an exchange ok for longer … */
const FRESH_AGE_SECONDS = 30;
/** … and three of those that are swept instrument by instrument, which their own limits slow down to a minute. */
const SWEPT_FRESH_AGE_SECONDS = 180;

const LOOK_EVERY_MS = 1_000;
const PRINT_EVERY_MS = 10_000;

interface Parts {
  readonly service: ServiceProcess;
  readonly book: TruthBook;
  readonly faults: RandomFaults;
  readonly readers: Readers;
  readonly exchanges: readonly ExchangeId[];
  /** Ends the run early. */
  readonly signal: AbortSignal;
}

/** Watches health and memory each second from start to end, and how long each phase took. */
export class Run {
  readonly #parts: Parts;
  readonly #startedMs = performance.now();
  readonly #tookMs = new Map<string, number | null>();
  #health: Health | null = null;
  #memoryMb = 0;
  #highestMb = 0;
  #printedMs = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Whether every exchange is ok and shows all its instruments. */
  get isFresh(): boolean {
    return this.#health !== null && this.#behind.length === 0;
  }

  /** Polls each second until `isOver`, for at most `withinMs`; false on time-out. */
  async during(
    phase: string,
    withinMs: number,
    isOver: () => boolean | Promise<boolean>,
  ): Promise<boolean> {
    const fromMs = performance.now();
    const { signal } = this.#parts;
    this.#health = null;
    this.#tookMs.set(phase, null);
    while (!signal.aborted && performance.now() - fromMs < withinMs) {
      await this.#poll();
      if (performance.now() - this.#printedMs >= PRINT_EVERY_MS) this.#print(phase);
      if (await isOver()) {
        this.#tookMs.set(phase, performance.now() - fromMs);
        this.#print(phase);
        return true;
      }
      await Bun.sleep(LOOK_EVERY_MS);
    }
    this.#print(phase);
    return false;
  }

  /** Prints the findings; returns whether everything passes. */
  verdict(): boolean {
    const { readers, book, faults, signal } = this.#parts;
    const { snapshots, events, files } = readers.counts;
    const recoveredMs = this.#tookMs.get("recovery") ?? null;
    const kinds = [...faults.counts].map(([name, times]) => `${name} ${times}`).toSorted();
    console.log(`\nfaults: ${kinds.join(", ")}`);
    const figures: readonly (readonly [isGood: boolean, text: string])[] = [
      [!signal.aborted, "ran to its end"],
      [
        this.#highestMb > 0 && this.#highestMb < MAX_MEMORY_MB,
        `memory: ${this.#highestMb.toFixed(0)} MB at most, aim under ${MAX_MEMORY_MB}; ${readers.rows} rows`,
      ],
      [
        recoveredMs !== null,
        recoveredMs === null
          ? `fresh: not within ${FRESH_WITHIN_MS / 1000} s of the last fault: ${this.#behind.join(", ")}`
          : `fresh: all of ${this.#parts.exchanges.length} exchanges ${(recoveredMs / 1000).toFixed(0)} s after the last fault, aim ${FRESH_WITHIN_MS / 1000}`,
      ],
      [
        readers.wrongCount === 0 && Math.min(snapshots, events, files) > 0,
        `numbers: ${book.numbers} in ${snapshots} snapshots, ${events} events, ${files} files; ${readers.wrongCount} wrong`,
      ],
      [readers.troubles.length === 0, `answers: ${readers.troubles.length} were none`],
    ];
    for (const [isGood, text] of figures) console.log(`${isGood ? "PASS" : "FAIL"} ${text}`);
    for (const text of [...readers.wrongs, ...readers.troubles]) console.log(`     ${text}`);
    return figures.every(([isGood]) => isGood);
  }

  /** Exchanges that are not ok, or lack instruments, and why. */
  get #behind(): readonly string[] {
    return this.#parts.exchanges.flatMap((id) => {
      const one = this.#health?.exchanges.find(({ exchange }) => exchange === id);
      const all = this.#parts.book.instruments(id);
      const age = one?.data_age_seconds ?? Number.POSITIVE_INFINITY;
      if (one?.status === "ok" && one.instruments === all && age <= freshAgeSeconds(id)) return [];
      return [
        `${id} ${one?.status ?? "unknown"} ${one?.instruments ?? 0}/${all} ${age} s ${one?.reason ?? ""}`,
      ];
    });
  }

  async #poll(): Promise<void> {
    const { origin, pid } = this.#parts.service;
    try {
      this.#health = (await (await fetch(`${origin}/api/health`)).json()) as Health;
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      this.#memoryMb = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1000;
      this.#highestMb = Math.max(
        this.#highestMb,
        Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1000,
      );
    } catch (error) {
      this.#health = null;
      this.#parts.readers.troubles.push(`health: ${String(error)}`);
    }
  }

  #print(phase: string): void {
    this.#printedMs = performance.now();
    const { readers, faults, book, exchanges } = this.#parts;
    const { snapshots, events, files } = readers.counts;
    const minutes = (performance.now() - this.#startedMs) / 60_000;
    const well = exchanges.length - this.#behind.length;
    console.log(
      [
        `${minutes.toFixed(1)} min ${phase}`,
        `${readers.rows} rows, ${well} of ${exchanges.length} well`,
        `${(book.numbers / 1e6).toFixed(1)} M numbers of ${snapshots} snapshots, ${events} events, ${files} files: ${readers.wrongCount} wrong`,
        `${this.#memoryMb.toFixed(0)} MB (max ${this.#highestMb.toFixed(0)})`,
        faults.active > 0
          ? faults.text
          : `behind: ${this.#behind.slice(0, 5).join("; ") || "none"}`,
      ].join(" | "),
    );
  }
}

function freshAgeSeconds(id: ExchangeId): number {
  const isSwept = EXCHANGES[id].facts.requestsPerInstrument !== undefined;
  return isSwept ? SWEPT_FRESH_AGE_SECONDS : FRESH_AGE_SECONDS;
}
