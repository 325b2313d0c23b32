/** An object of JSON from outside. */
export type JsonObject = Readonly<Record<string, unknown>>;
