import { isIP } from "node:net";
import type { StartStatus } from "./start-failure.ts";

/** Where a server should listen, and the operator's names for that. */
export interface ListenPlace {
  readonly host: string;
  readonly port: number;
  /** The names of the settings or options. */
  readonly names: { readonly host: string; readonly port: string };
}

/** A server that cannot listen: one line with the address, the setting and the remedy. */
export class ListenFailure extends Error {
  readonly exitStatus: StartStatus;

  constructor(message: string, exitStatus: StartStatus, cause: unknown) {
    super(message, { cause });
    this.name = "ListenFailure";
    this.exitStatus = exitStatus;
  }
}

/** Starts a server with `listen`. Throws ListenFailure if that fails. */
export function listenOr<Server>(place: ListenPlace, listen: () => Server): Server {
  try {
    return listen();
  } catch (error) {
    throw listenFailure(place, error);
  }
}

/** Why nothing listens at `place`, by the code of the system's error. */
export function listenFailure({ host, port, names }: ListenPlace, error: unknown): ListenFailure {
  const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const code =
    error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  switch (code) {
    // Temporary: the other program may be our predecessor still exiting. Bun reports unresolvable names the same way.
    case "EADDRINUSE": {
      if (isIP(host) === 0 && host !== "localhost") {
        const words = `another program is listening on ${address}, or this machine has no such name; stop it or choose other settings`;
        return new ListenFailure(`${names.host}, ${names.port}: ${words}`, 1, error);
      }
      const words = `another program is listening on ${address}; stop it or choose another ${names.port}`;
      return new ListenFailure(`${names.port}: ${words}`, 1, error);
    }
    // Permanent: permissions do not change by themselves.
    case "EACCES":
    case "EPERM": {
      const words = `this user may not listen on ${address}; choose a ${names.port} from 1024 on, and a reverse proxy for lower ones`;
      return new ListenFailure(`${names.port}: ${words}`, 2, error);
    }
    // Temporary: at boot a VPN address, a floating address or a name may become available after the service starts.
    case "EADDRNOTAVAIL": {
      const words = `this machine has no address ${host}; choose one that it has, such as 127.0.0.1, or 0.0.0.0 for all`;
      return new ListenFailure(`${names.host}: ${words}`, 1, error);
    }
    case "EINVAL":
    case "EAFNOSUPPORT":
    case "ERR_INVALID_ARG_TYPE": {
      const words = `nothing can listen on ${host}; choose an address of this machine, such as 127.0.0.1`;
      return new ListenFailure(`${names.host}: ${words}`, 2, error);
    }
    default: {
      const reason = error instanceof Error ? error.message : String(error);
      const words = `nothing can listen on ${address}: ${reason}`;
      return new ListenFailure(`${names.host}, ${names.port}: ${words}`, 1, error);
    }
  }
}
