/** The room names that fit into a URL and that the server takes, and the room that the address names. */

/** The room that one is in without having chosen one. */
export const defaultRoom = 'general';

/** What a room's name may be, in words. */
export const roomNameHint = '1–64 letters, digits, “_”, “-” and “.”';

/** As an `<input pattern>`: the server's own rule, less the two names that a URL swallows. */
export const roomNamePattern = String.raw`(?!\.\.?$)(?!\p{M})(?:(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{M}\p{N}_.\-]){1,64}`;

const wholeName = new RegExp(`^(?:${roomNamePattern})$`, 'v');

/** @returns the name in the one spelling that the server uses, or undefined where it can be none. */
export function parseRoomName(text: string): string | undefined {
  const name = text.normalize('NFC');
  return wholeName.test(name) ? name : undefined;
}

/** @returns what stands after the `#` of an address, decoded. */
export function roomInHash(hash: string): string {
  const text = hash.slice(1);
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function hashOf(room: string): string {
  return `#${encodeURIComponent(room)}`;
}
