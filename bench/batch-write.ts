/** Storing one large batch, compared with Python's executemany with the same rows, columns and settings. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { acceptedBatch, startCollecting, testDatabase } from "../test/support/database.ts";
import { NOON_MS, quoteOf } from "../test/support/quote.ts";
import { atLeast, type Figure, median, plain } from "./figure.ts";

const ROWS = 6_800;
const BATCHES = 30;
const WARM_UP = 5;

export async function batchWrite(): Promise<Figure[]> {
  const oursMs = ours();
  const figures = [plain(`commit of ${ROWS} rows, whole collector write`, oursMs, "ms")];
  const pythonMs = await python();
  if (pythonMs === null) return figures;
  return [
    ...figures,
    plain(`the same upsert with Python's executemany`, pythonMs, "ms"),
    atLeast("rows per second relative to executemany", pythonMs / oursMs, "x", 0.8),
  ];
}

function ours(): number {
  using database = testDatabase();
  const epoch = startCollecting(database, ["okx"], NOON_MS);
  const symbols = Array.from({ length: ROWS }, (_, n) => `C${n}`);
  const times: number[] = [];
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const quotes = symbols.map((base, n) => quoteOf(base, { fundingRate: (n + batch) / 1e7 }));
    const accepted = acceptedBatch("okx", epoch, NOON_MS + batch, quotes);
    const startedMs = performance.now();
    database.writer.commit(accepted);
    times.push(performance.now() - startedMs);
  }
  return median(times.slice(WARM_UP));
}

const SCRIPT = `
import sqlite3, sys, time, statistics
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA journal_mode = WAL"); db.execute("PRAGMA synchronous = NORMAL")
names = [f"c{n}" for n in range(18)]
db.execute("CREATE TABLE quotes (instrument_id INTEGER PRIMARY KEY, " + ", ".join(names) + ")")
sql = ("INSERT INTO quotes VALUES (" + ", ".join("?" * 19) + ") ON CONFLICT (instrument_id) DO UPDATE SET "
       + ", ".join(f"{name} = excluded.{name}" for name in names))
times = []
for batch in range(${BATCHES}):
    rows = [(n, (n + batch) / 1e7, 8, "published", 1793635200000, None, None, None, None, None, None, None, 0, 0,
             100, 100.1, 5000000, 9000000, 1793620800000 + batch) for n in range(${ROWS})]
    started = time.perf_counter()
    db.execute("BEGIN IMMEDIATE"); db.executemany(sql, rows); db.execute("COMMIT")
    times.append((time.perf_counter() - started) * 1000)
print(statistics.median(times[${WARM_UP}:]))
`;

/** Milliseconds of the median batch; null without python3. */
async function python(): Promise<number | null> {
  if (Bun.which("python3") === null) return null;
  const folder = mkdtempSync(join(tmpdir(), "funding-finder-bench-"));
  try {
    const child = Bun.spawn(["python3", "-c", SCRIPT, join(folder, "python.db")], {
      stderr: "inherit",
    });
    const printed = await new Response(child.stdout).text();
    return Number(printed);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
