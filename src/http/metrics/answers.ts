import { Gauge, type Registry } from "./prom-client.ts";

/** The current load of building and sending answers. */
export interface AnswerLoadStats {
  /** Bytes held for readers of streamed answers. */
  readonly inFlightBytes: number;
  /** Bytes of cached answers. */
  readonly cachedBytes: number;
  /** Answers being built, and waiting for their turn. */
  readonly making: number;
  readonly waiting: number;
}

export function addAnswerGauges(registry: Registry, read: () => AnswerLoadStats): void {
  const gauge = (name: string, help: string, of: keyof AnswerLoadStats): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read()[of]);
      },
    });
  };
  gauge(
    "http_answer_bytes_in_flight",
    "Bytes held for readers of answers over 64 KB; above 96 MB they are refused with 503.",
    "inFlightBytes",
  );
  gauge(
    "http_answer_bytes_cached",
    "Bytes of answers cached until the next snapshot.",
    "cachedBytes",
  );
  gauge("http_answers_making", "Answers that are being made: two at most.", "making");
  gauge(
    "http_answers_waiting",
    "Answers that wait to be made; when 32 do, more are refused with 503.",
    "waiting",
  );
}
