// For assert.rejects: the modelled error a client must see, by its code and its text.
import assert from "node:assert/strict";

export const refusal = (code: string, message: string | RegExp) => (error: Error): true => {
  assert.equal(error.name, code, error.message);
  if (typeof message === "string") assert.equal(error.message, message);
  else assert.match(error.message, message);
  return true;
};
