/** The service's log lines in a readable form, for the demo. */

/** Fields of a log line that are not listed again after its text. */
const NAMED = new Set(["level", "time", "event", "part", "exchange"]);

/** A log line as readable text; any other line unchanged. */
export function readableLine(line: string): string {
  const fields = fieldsOf(line);
  if (fields === null) return line;
  const { time, event, exchange } = fields;
  const about = typeof exchange === "string" ? `${exchange}: ` : "";
  const more = Object.entries(fields)
    .filter(([name]) => !NAMED.has(name))
    .map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`);
  const words = [String(event).replaceAll("_", " "), ...more].join(", ");
  return `${String(time).slice(11, 19)} ${about}${words}`;
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> | null {
  if (!line.startsWith("{")) return null;
  try {
    const fields = JSON.parse(line) as Readonly<Record<string, unknown>>;
    return typeof fields["event"] === "string" && typeof fields["time"] === "string"
      ? fields
      : null;
  } catch {
    return null; // Not a log line: shown unchanged.
  }
}

/** Relays a program's output line by line, log lines as readable text, until it ends. */
export async function relayLines(
  stream: ReadableStream<Uint8Array>,
  write: (line: string) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) write(readableLine(line));
  }
  if (rest !== "") write(readableLine(rest));
}
