import { format, parse } from "node:path";
import { type DatabaseFile, migrationsOf } from "../database-file.ts";
import { realPath } from "../file-identity.ts";
import { pairFrames } from "./pair-schema.ts";
import {
  sampleDays,
  sampleFrames,
  sampleHours,
  sampleMonths,
  samplePeriods,
  sampleRefreshes,
  seriesEvents,
} from "./sample-schema.ts";
import { accruals, backfills, historyEpoch, series, settlements } from "./schema.ts";

/**
 * The history file: samples and settlements. Samples cannot be fetched again; a power cut may cost the last seconds of
 * them. It is next to the resolved market file and named after it, `x.history.db` for `x.db`.
 */
export function historyFile(databasePath: string): DatabaseFile {
  const { dir, name, ext } = parse(realPath(databasePath));
  return {
    name: "history",
    path: format({ dir, name: `${name}.history`, ext }),
    migrationsFolder: migrationsOf("history"),
    tables: [
      historyEpoch,
      series,
      settlements,
      accruals,
      backfills,
      sampleRefreshes,
      sampleHours,
      sampleDays,
      sampleMonths,
      sampleFrames,
      samplePeriods,
      seriesEvents,
      pairFrames,
    ],
    synchronous: "NORMAL",
    rights: ["migrate"],
    copiesFrom: null,
    givesSpaceBack: true,
  };
}
