import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "sqlite",
  schema: "./src/db/{market,accounts}/*schema.ts",
  out: "./migrations/market",
});
