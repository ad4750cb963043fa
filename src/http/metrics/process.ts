import { Counter, Gauge, type Registry } from "./prom-client.ts";
import { type Clock, processStartedAtMs } from "../../lib/clock.ts";
import { yieldToEventLoop } from "../../lib/event-loop.ts";
import { PROGRAM_VERSION } from "../../lib/program-version.ts";

const MICROSECONDS = 1_000_000;

/** The process itself, under the metric names that Prometheus client libraries share. */
export function addProcessMetrics(registry: Registry, clock: Clock): void {
  const registers = [registry];
  new Counter({
    name: "process_cpu_seconds_total",
    help: "CPU time of all threads of the process, in user and system mode.",
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / MICROSECONDS);
    },
  });
  new Gauge({
    name: "process_start_time_seconds",
    help: "When the process started, unix seconds.",
    registers,
  }).set(processStartedAtMs() / 1000);
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory of the process.",
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: "process_event_loop_lag_seconds",
    help: "Delay of the event loop, measured when this was read.",
    registers,
    async collect() {
      const askedMs = clock.monotonicMs();
      await yieldToEventLoop();
      this.set((clock.monotonicMs() - askedMs) / 1000);
    },
  });
  new Gauge({
    name: "funding_finder_build_info",
    help: "Always 1; the labels are the versions of the program and of its runtime.",
    labelNames: ["version", "bun"],
    registers,
  }).set({ version: PROGRAM_VERSION, bun: Bun.version }, 1);
}
