/**
 * A user is whom limits count, and whose message is known when it is sent again: whoever bears a name, on whatever
 * connection and server, for there is no sign-in that would know better. Nothing else in the program decides who that is.
 */

/** @param name the display name. @returns what users are told apart by; it holds no line break. */
export function userOf({ name }: { readonly name: string }): string {
  return name;
}
