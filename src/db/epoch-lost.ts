/** Another collector has taken over: the caller must stop writing at once. */
export class EpochLost extends Error {
  constructor(mine: number, current: number) {
    super(`this collector has epoch ${mine}, the database is at ${current}`);
    this.name = "EpochLost";
  }
}
