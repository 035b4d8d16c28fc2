/** What a terminal is shown: words in colour where it has colours, and nothing that others typed as a command to it. */
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

export type Paint = (style: Style, text: string) => string;

/** @returns what paints for this stream: nothing where it has no colours, or where `NO_COLOR` asks for none. */
export function paintFor(stream: { readonly isTTY?: boolean; hasColors?: () => boolean }): Paint {
  const hasColors = stream.isTTY === true && (stream.hasColors?.() ?? true) && !process.env['NO_COLOR'];
  return hasColors ? (style, text) => styleText(style, text, { validateStream: false }) : (_, text) => text;
}

// A terminal obeys control characters: what others send must not move its cursor, set its title or type for us.
// oxlint-disable-next-line no-control-regex -- control characters are what this is about
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** @returns the text with every control character made visible; line breaks and tabs stay. */
export function harmless(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(control, '\uFFFD');
}

/** Lines after the first one stand under its words. */
export function indented(text: string, by: number): string {
  return text.replaceAll('\n', `\n${' '.repeat(by)}`);
}

/** The time of day of an RFC 3339 timestamp, as people at this machine read it: `09:05`. */
export function timeOfDay(timestamp: string): string {
  const date = new Date(timestamp);
  return `${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

const nameStyles = ['cyan', 'green', 'yellow', 'blue', 'magenta', 'red'] as const;

/** @returns a colour that stays a name's own. */
export function styleOfName(name: string): (typeof nameStyles)[number] {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 0xff_ff_ff;
  return nameStyles[sum % nameStyles.length] ?? 'cyan';
}
