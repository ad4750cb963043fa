import { Gauge, type Registry } from "./prom-client.ts";

/** How large one database is on the disk, in bytes; null for a file that is not there. */
export interface DatabaseSize {
  readonly name: string;
  readonly dataBytes: number | null;
  /** The write-ahead log beside it. */
  readonly walBytes: number | null;
}

/** Shows how large the databases are; `read` is asked at each scrape. */
export function addDatabaseGauges(
  registry: Registry,
  read: () => Promise<readonly DatabaseSize[]>,
): void {
  new Gauge({
    name: "funding_database_size_bytes",
    help: "Size of a database on the disk: its file (data) and the write-ahead log beside it (wal); absent where there is no file.",
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
