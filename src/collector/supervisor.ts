import type { Explanation } from "../domain/quote.ts";
import { fullJitterMs, type Random } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { errorText, type Log } from "../lib/log.ts";
import { Questions } from "./questions.ts";
import type { CollectorSettings, ExplainRequest, FromWorker, ToWorker } from "./protocol.ts";

/** A worker that has said nothing for this long hangs; a batch of 12,000 rows takes under a second. */
const SILENT_AFTER_MS = 15_000;
const WATCH_EVERY_MS = 1_000;

/** Between the end of a worker and the start of the next one, growing while they die young. */
const RESTART_BOUNDS = { baseMs: 200, capMs: 30_000 } as const;
/** A worker that lived this long died of something new: start over with a short pause. */
const HEALTHY_AFTER_MS = 60_000;

/** How long a worker may take to end its transaction before it is ended. */
const STOP_WITHIN_MS = 3_000;

/** The part of a Worker that the supervisor uses. */
export interface WorkerHandle {
  postMessage(message: ToWorker): void;
  terminate(): void;
}

/** Starts a worker; `onClose` is called once however it ends. */
export type StartWorker = (on: {
  readonly message: (message: FromWorker) => void;
  readonly close: (reason: string) => void;
}) => WorkerHandle;

export interface SupervisorDeps {
  readonly settings: CollectorSettings;
  readonly startWorker: StartWorker;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly onMessage: (message: FromWorker) => void;
}

export interface Supervisor {
  /**
   * Where a row came from, by the payloads that the worker still holds. Null when they do not show it, when
   * another process collects, and when the worker does not answer in time.
   */
  explain(request: ExplainRequest): Promise<Explanation | null>;
  /** Asks the worker to end its transaction and waits for it, a few seconds at most. */
  stop(): Promise<void>;
  /** Workers started so far. */
  readonly starts: number;
}

/** Starts `script` as a thread that speaks the collector's protocol. */
export function threadStarter(script: URL): StartWorker {
  return (on) => {
    const worker = new Worker(script.href);
    worker.onmessage = (event: MessageEvent<FromWorker>) => on.message(event.data);
    worker.onerror = (event) => {
      event.preventDefault();
      on.close(`error: ${event.message}`);
    };
    worker.addEventListener("close", () => on.close("closed"));
    return worker;
  };
}

/** The real worker thread. */
export const startCollectorThread: StartWorker = (on) =>
  threadStarter(new URL("./worker.ts", import.meta.url))(on);

/** Keeps one worker running: starts it again however it ends, and when it has fallen silent. */
export function superviseCollector(deps: SupervisorDeps): Supervisor {
  const stopping = new AbortController();
  let starts = 0;
  const questions = new Questions(deps.clock);
  let current: WorkerHandle | null = null;
  let stopCurrent: () => Promise<void> = async () => {};

  const handle = guarded(deps);

  const oneLife = async (): Promise<string> => {
    const { promise: ended, resolve: end } = Promise.withResolvers<string>();
    let lastHeardMs = deps.clock.monotonicMs();
    const worker = deps.startWorker({
      message: (message) => {
        lastHeardMs = deps.clock.monotonicMs();
        if (message.type === "stopped") end("stopped");
        if (message.type === "explained") questions.answer(message.id, message.explanation);
        else handle(message);
      },
      close: end,
    });
    starts += 1;
    current = worker;
    worker.postMessage({ type: "start", settings: deps.settings });
    stopCurrent = async () => {
      worker.postMessage({ type: "stop" });
      await Promise.race([ended, deps.clock.sleep(STOP_WITHIN_MS)]);
      end("did not stop in time");
    };
    const over = new AbortController();
    void watch(over.signal, () => lastHeardMs, end, deps.clock);
    const reason = await ended;
    over.abort();
    current = null;
    worker.terminate();
    return reason;
  };

  const keepAlive = async (): Promise<void> => {
    let youngDeaths = 0;
    while (!stopping.signal.aborted) {
      const startedMs = deps.clock.monotonicMs();
      const reason = await oneLife();
      if (stopping.signal.aborted) return;
      youngDeaths = deps.clock.monotonicMs() - startedMs >= HEALTHY_AFTER_MS ? 0 : youngDeaths + 1;
      const pauseMs = fullJitterMs(youngDeaths, RESTART_BOUNDS, deps.random);
      deps.log.error("collector_ended", { reason, restart_in_ms: Math.round(pauseMs) });
      await deps.clock.sleep(pauseMs, stopping.signal);
    }
  };

  void keepAlive().catch((error: unknown) =>
    deps.log.error("supervisor_failed", { reason: errorText(error) }),
  );
  return {
    async explain(request) {
      const worker = current;
      if (worker === null) return null;
      return questions.ask((id) => worker.postMessage({ type: "explain", id, ...request }));
    },
    async stop() {
      stopping.abort();
      await stopCurrent();
    },
    get starts() {
      return starts;
    },
  };
}

/** What a listener throws is its own: it must not end the process that keeps the worker. */
function guarded({ onMessage, log }: SupervisorDeps): (message: FromWorker) => void {
  return (message) => {
    try {
      onMessage(message);
    } catch (error) {
      log.error("collector_message_failed", { type: message.type, reason: errorText(error) });
    }
  };
}

async function watch(
  over: AbortSignal,
  lastHeardMs: () => number,
  end: (reason: string) => void,
  clock: Clock,
): Promise<void> {
  while (!over.aborted) {
    await clock.sleep(WATCH_EVERY_MS, over);
    if (clock.monotonicMs() - lastHeardMs() > SILENT_AFTER_MS) end("silent");
  }
}
