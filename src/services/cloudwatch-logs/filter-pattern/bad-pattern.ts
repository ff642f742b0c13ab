// Thrown when a filter pattern cannot be understood; the room answers InvalidParameterException with the message.

export class BadPattern extends Error {
  constructor(message = "Invalid filter pattern") {
    super(message);
    this.name = "BadPattern";
  }
}
