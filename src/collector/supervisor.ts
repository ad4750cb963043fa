import { pathToFileURL } from "node:url";
import { threadScript } from "../lib/project-files.ts";
import type { Origin, OriginRequest } from "../domain/origin.ts";
import { fullJitterMs, type Random } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { errorText, type Log } from "../lib/log.ts";
import { Liveness } from "./liveness.ts";
import { PendingRequests } from "./pending-requests.ts";
import {
  type CollectorSettings,
  collectingText,
  type FromWorker,
  type ToWorker,
} from "./protocol.ts";
import { Silence, SilenceBound, WATCH_EVERY_MS } from "./silence.ts";

/** The pause before a worker is restarted, growing while workers die young. */
const RESTART_BOUNDS = { baseMs: 200, capMs: 30_000 } as const;
/** A worker that lived this long died of something new: start over with a short pause. */
const HEALTHY_AFTER_MS = 60_000;

/** The reason for terminating a hung worker. */
const SILENT = "silent";
/** What is being done before a worker has reported anything. */
const STARTING = "starting the collector";

/** How long a worker may take to finish its transaction before it is terminated: as long as responses in progress. */
const STOP_WITHIN_MS = 15_000;

/** The part of a Worker that the supervisor uses. */
export interface WorkerHandle {
  postMessage(message: ToWorker): void;
  terminate(): void;
}

/** Starts a worker; `close` is called however it ends, possibly more than once. */
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
   * The origin of a row according to the payloads that the worker still has; or why it is unknown: they do not show it,
   * another process collects, or the worker does not answer in time.
   */
  explain(request: OriginRequest): Promise<Origin>;
  /** Asks the worker to finish its transaction and waits for it, at most 15 seconds. */
  stop(): Promise<void>;
  /** Whether the worker is alive or can be replaced; false if only a restart of the process can help. */
  readonly isAlive: boolean;
  /** What the worker is doing, in one line for an operator. */
  readonly doing: string;
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
  threadStarter(pathToFileURL(threadScript("collector", "worker")))(on);

/** Keeps one worker running: restarts it however it ends, and when it is hung. */
export function superviseCollector(deps: SupervisorDeps): Supervisor {
  const { clock, log } = deps;
  const stopping = new AbortController();
  const shared: Shared = {
    pending: new PendingRequests(clock),
    liveness: new Liveness(clock),
    bound: new SilenceBound(),
    handle: guarded(deps),
  };
  let starts = 0;
  let current: SupervisedWorker | null = null;

  const keepAlive = async (): Promise<void> => {
    let youngDeaths = 0;
    while (!stopping.signal.aborted) {
      const startedMs = clock.monotonicMs();
      starts += 1;
      current = new SupervisedWorker(deps, shared);
      const reason = await current.ended;
      if (stopping.signal.aborted) return;
      const livedMs = clock.monotonicMs() - startedMs;
      if (reason === SILENT) shared.bound.extend(livedMs);
      youngDeaths = livedMs >= HEALTHY_AFTER_MS ? 0 : youngDeaths + 1;
      const pauseMs = fullJitterMs(youngDeaths, RESTART_BOUNDS, deps.random);
      log.error("collector_ended", { reason, restart_in_ms: Math.round(pauseMs) });
      await clock.sleep(pauseMs, stopping.signal);
    }
  };

  void keepAlive().catch((error: unknown) =>
    log.error("supervisor_failed", { reason: errorText(error) }),
  );
  return {
    explain: async (request) => current?.explain(request) ?? "not_in_memory",
    async stop() {
      stopping.abort();
      await current?.stop();
    },
    get isAlive() {
      return shared.liveness.isFresh;
    },
    get doing() {
      return current?.doing ?? STARTING;
    },
    get starts() {
      return starts;
    },
  };
}

/** Shared by all workers of one supervisor, one after the other. */
interface Shared {
  readonly pending: PendingRequests;
  readonly liveness: Liveness;
  readonly bound: SilenceBound;
  readonly handle: (message: FromWorker) => void;
}

/** One worker from its start to its end. */
class SupervisedWorker {
  /** Why it ended. Never rejects. */
  readonly ended: Promise<string>;
  doing = STARTING;
  readonly #deps: SupervisorDeps;
  readonly #shared: Shared;
  readonly #silence: Silence;
  readonly #end: (reason: string) => void;
  #worker: WorkerHandle | null = null;
  #hasEnded = false;

  constructor(deps: SupervisorDeps, shared: Shared) {
    this.#deps = deps;
    this.#shared = shared;
    this.#silence = new Silence(shared.bound);
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#end = resolve;
    const over = new AbortController();
    this.ended = promise.then((reason) => {
      over.abort();
      this.#release();
      return reason;
    });
    this.#start();
    void this.#watch(over.signal);
  }

  async explain(request: OriginRequest): Promise<Origin> {
    const worker = this.#worker;
    if (worker === null) return "not_in_memory";
    return this.#shared.pending.ask((id) =>
      worker.postMessage({ type: "explain", id, ...request }),
    );
  }

  /** Asks the worker to end and waits for it, at most STOP_WITHIN_MS. */
  async stop(): Promise<void> {
    this.#worker?.postMessage({ type: "stop" });
    await Promise.race([this.ended, this.#deps.clock.sleep(STOP_WITHIN_MS)]);
    this.#end("did not stop in time");
  }

  #start(): void {
    try {
      this.#worker = this.#deps.startWorker({
        message: (message) => this.#take(message),
        close: (reason) => {
          this.#hasEnded = true;
          this.#shared.liveness.ended(this);
          this.#end(reason);
        },
      });
      this.#worker.postMessage({ type: "start", settings: this.#deps.settings });
    } catch (error) {
      this.#end(`not started: ${errorText(error)}`);
    }
  }

  #take(message: FromWorker): void {
    this.#silence.reset();
    this.#shared.liveness.sign();
    this.doing = collectingText(message, this.#deps.settings.exchanges.length) ?? this.doing;
    if (message.type === "stopped") this.#end("stopped");
    if (message.type === "explained") {
      this.#shared.pending.answer(message.id, message.origin);
    } else this.#shared.handle(message);
  }

  async #watch(over: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    while (!over.aborted) {
      const checkedMs = clock.monotonicMs();
      await clock.sleep(WATCH_EVERY_MS, over);
      if (this.#silence.check(clock.monotonicMs() - checkedMs)) this.#end(SILENT);
    }
  }

  #release(): void {
    const worker = this.#worker;
    if (worker === null) return;
    this.#worker = null;
    this.doing = STARTING;
    if (!this.#hasEnded) this.#shared.liveness.terminating(this);
    worker.terminate();
  }
}

/** An exception of a listener must not end the process that supervises the worker. */
function guarded({ onMessage, log }: SupervisorDeps): (message: FromWorker) => void {
  return (message) => {
    try {
      onMessage(message);
    } catch (error) {
      log.error("collector_message_failed", { type: message.type, reason: errorText(error) });
    }
  };
}
