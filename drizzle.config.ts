import { readdirSync } from "node:fs";
import { defineConfig } from "drizzle-kit";

/** The database files, one folder each. DRIZZLE_DB selects one: DRIZZLE_DB=accounts drizzle-kit generate. */
const FILES = readdirSync("src/db", { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const name = process.env["DRIZZLE_DB"] ?? "market";
if (!FILES.includes(name)) throw new Error(`DRIZZLE_DB must be one of ${FILES.join(", ")}`);

export default defineConfig({
  dialect: "sqlite",
  schema: `./src/db/${name}/*schema.ts`,
  out: `./migrations/${name}`,
});
