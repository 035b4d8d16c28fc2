/** Ids for what is sent. Pages that came by plain HTTP, as in one's own network, have no `crypto.randomUUID`. */
export function newId(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-');
}
