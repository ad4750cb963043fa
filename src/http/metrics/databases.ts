import { Gauge, type Registry } from "./prom-client.ts";

/** The size of one database on disk in bytes; null for a missing file. */
export interface DatabaseSize {
  readonly name: string;
  readonly dataBytes: number | null;
  /** Its write-ahead log. */
  readonly walBytes: number | null;
}

/** Exports the sizes of the databases; `read` is called at each scrape. */
export function addDatabaseGauges(
  registry: Registry,
  read: () => Promise<readonly DatabaseSize[]>,
): void {
  new Gauge({
    name: "funding_database_size_bytes",
    help: "Size of a database on disk: its file (data) and its write-ahead log (wal); absent if there is no file.",
    labelNames: ["database", "file"],
    registers: [registry],
    async collect() {
      const sizes = await read();
      this.reset();
      for (const { name, dataBytes, walBytes } of sizes) {
        if (dataBytes !== null) this.set({ database: name, file: "data" }, dataBytes);
        if (walBytes !== null) this.set({ database: name, file: "wal" }, walBytes);
      }
    },
  });
}
