/** Ids for what is sent. `crypto.randomUUID` is missing where a page is not served by TLS, as in one's own network. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
