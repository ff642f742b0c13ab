// What is thrown for an expression that does not parse; a room answers with its own ValidationException.

export class BadSchedule extends Error {
  constructor(message: string) {
    super(message);
    this.name = "BadSchedule";
  }
}
