/** What keeps the whole suite from running on this machine: reported as "not run", never as passed and never as failed. */
export class CannotRun extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CannotRun";
  }
}
