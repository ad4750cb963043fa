import { isIP } from "node:net";
import type { StartStatus } from "./start-failure.ts";

/** Where a server is to listen, and how the operator calls that. */
export interface ListenPlace {
  readonly host: string;
  readonly port: number;
  /** The names of the settings or options. */
  readonly names: { readonly host: string; readonly port: string };
}

/** A server that cannot listen: one line with the address, the setting and the cure. */
export class ListenFailure extends Error {
  readonly exitStatus: StartStatus;

  constructor(message: string, exitStatus: StartStatus, cause: unknown) {
    super(message, { cause });
    this.name = "ListenFailure";
    this.exitStatus = exitStatus;
  }
}

/** Starts a server by `listen`. Throws ListenFailure when it cannot. */
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
    // The other program may be our predecessor that still ends. The runtime says the same of a name without address.
    case "EADDRINUSE": {
      if (isIP(host) === 0 && host !== "localhost") {
        const words = `another program listens on ${address}, or this machine has no such name; end it, or choose other settings`;
        return new ListenFailure(`${names.host}, ${names.port}: ${words}`, 1, error);
      }
      const words = `another program listens on ${address}; end it, or choose another ${names.port}`;
      return new ListenFailure(`${names.port}: ${words}`, 1, error);
    }
    // Rights do not come by themselves.
    case "EACCES":
    case "EPERM": {
      const words = `this user may not listen on ${address}; choose a ${names.port} from 1024 on, and a reverse proxy for lower ones`;
      return new ListenFailure(`${names.port}: ${words}`, 2, error);
    }
    // An address of a VPN, one that moves between machines, or a name may come later than the service at a boot.
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
