import { defineConfig } from "drizzle-kit";

/** For which of the database files: DRIZZLE_DB=accounts drizzle-kit generate. */
const FILES = ["market", "accounts"];
const name = process.env["DRIZZLE_DB"] ?? "market";
if (!FILES.includes(name)) throw new Error(`DRIZZLE_DB must be one of ${FILES.join(", ")}`);

export default defineConfig({
  dialect: "sqlite",
  schema: `./src/db/${name}/*schema.ts`,
  out: `./migrations/${name}`,
});
