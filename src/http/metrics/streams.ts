import { Counter, Gauge, type Registry } from "./prom-client.ts";
import type { StreamStats } from "../stream/hub.ts";

/** Exports the statistics of streams, read at each scrape. */
export function addStreamMetrics(registry: Registry, stats: () => StreamStats): void {
  const registers = [registry];
  new Gauge({
    name: "funding_stream_readers",
    help: "Readers of the stream now.",
    registers,
    collect() {
      this.set(stats().open);
    },
  });
  new Gauge({
    name: "funding_stream_filters",
    help: "Distinct filters of these readers; those that select no row are one.",
    registers,
    collect() {
      this.set(stats().filters);
    },
  });
  new Counter({
    name: "funding_stream_events_total",
    help: "Events handed to readers of the stream.",
    registers,
    collect() {
      this.reset();
      this.inc(stats().sent);
    },
  });
  new Counter({
    name: "funding_stream_ended_total",
    help: "Stream readers disconnected by the service, by reason.",
    labelNames: ["reason"],
    registers,
    collect() {
      this.reset();
      for (const [reason, readers] of Object.entries(stats().dropped))
        this.inc({ reason }, readers);
    },
  });
  new Counter({
    name: "funding_stream_refused_total",
    help: "Requests for a stream that got none, by reason.",
    labelNames: ["reason"],
    registers,
    collect() {
      this.reset();
      for (const [reason, requests] of Object.entries(stats().refused))
        this.inc({ reason }, requests);
    },
  });
}
