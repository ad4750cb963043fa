import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { until } from "./service.ts";

/** Where distributions install it: the PATH of an ordinary Debian user has no sbin. */
const SBIN = "/usr/sbin:/usr/local/sbin:/sbin";

/** Another process may take a port between our check and nginx's. */
const PORTS_TRIED = 3;

/** The machine's own nginx; null if there is none. */
export function nginxPath(): string | null {
  return Bun.which("nginx", { PATH: `${process.env["PATH"] ?? ""}:${SBIN}` });
}

/** A real proxy as a separate process. */
export interface NginxProcess {
  /** Where it listens, as http://127.0.0.1:PORT. */
  readonly origin: string;
  readonly port: number;
  [Symbol.asyncDispose](): Promise<void>;
}

type NginxOptions =
  | {
      /** Origin of the service behind it. */
      readonly upstream: string;
      /** Directives of the `server` block, each with its semicolon; `location /` is added after them. */
      readonly serverConfig?: string;
    }
  /** The content of the `http` block, for a server on 127.0.0.1:`port`. */
  | { readonly site: (port: number) => string };

/** Starts nginx on a free port of loopback. Throws with its log if it does not listen. */
export async function startNginx(options: NginxOptions): Promise<NginxProcess> {
  const program = nginxPath();
  if (program === null) throw new Error("there is no nginx on this machine");
  let failure: unknown = null;
  for (let tried = 0; tried < PORTS_TRIED; tried += 1) {
    try {
      return await startAt(program, freePort(), options);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function startAt(
  program: string,
  port: number,
  options: NginxOptions,
): Promise<NginxProcess> {
  const folder = mkdtempSync(join(tmpdir(), "funding-finder-nginx-"));
  const file = join(folder, "nginx.conf");
  writeFileSync(file, configOf(folder, port, options));
  const child = Bun.spawn([program, "-e", "stderr", "-p", folder, "-c", file], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  let logged = "";
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stderr) logged += decoder.decode(chunk, { stream: true });
  })();
  const end = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await Promise.all([child.exited, reading]);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await until(
      () => child.exitCode !== null || isListening(port),
      () => logged,
    );
    if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}:\n${logged}`);
  } catch (error) {
    await end();
    throw error;
  }
  return { origin: `http://127.0.0.1:${port}`, port, [Symbol.asyncDispose]: end };
}

/** One process in the foreground, so that ending it ends all of it; everything that it writes is in `folder`. */
function configOf(folder: string, port: number, options: NginxOptions): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  return `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  ${temporary.join("\n  ")}
  ${"site" in options ? options.site(port) : serverOf(port, options.upstream, options.serverConfig)}
}
`;
}

function serverOf(port: number, upstream: string, config = ""): string {
  return `server {
    listen 127.0.0.1:${port};
    ${config}
    location / { proxy_pass ${upstream}; }
  }`;
}

async function isListening(port: number): Promise<boolean> {
  try {
    const socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: { data: () => {} },
    });
    socket.end();
    return true;
  } catch {
    // Not listening yet.
    return false;
  }
}
