import { blob, integer, sqliteTable } from "drizzle-orm/sqlite-core";

/** Which pairs were opportunities at each full hour: see domain/pair-frame. */
export const pairFrames = sqliteTable("pair_frames", {
  /** Unix seconds. */
  at: integer("at").primaryKey(),
  /** A key frame once a day, else the changes since the row before. */
  blob: blob("blob", { mode: "buffer" }).notNull(),
});
