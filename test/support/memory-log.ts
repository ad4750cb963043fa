import type { Log, LogFields } from "../../src/lib/log.ts";

export interface LoggedLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly event: string;
  readonly fields: LogFields;
}

/** A log that stores its lines for the test. */
export interface MemoryLog extends Log {
  readonly lines: readonly LoggedLine[];
  /** The names of the events of level info and above, in order. */
  events(): string[];
}

export function memoryLog(lines: LoggedLine[] = [], inherited: LogFields = {}): MemoryLog {
  const write =
    (level: LoggedLine["level"]) =>
    (event: string, fields: LogFields = {}): void => {
      lines.push({ level, event, fields: { ...inherited, ...fields } });
    };
  return {
    lines,
    events: () => lines.filter((line) => line.level !== "debug").map((line) => line.event),
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    child: (fields) => memoryLog(lines, { ...inherited, ...fields }),
  };
}
