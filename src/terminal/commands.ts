/** The commands that one types into the terminal client: a slash and a word; everything else is said. */

export type Command =
  | { readonly kind: 'say'; readonly content: string }
  | { readonly kind: 'join'; readonly room: string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'rooms' | 'who' | 'retry' | 'help' | 'quit' | 'nothing' }
  | { readonly kind: 'wrong'; readonly reason: string };

interface Entry {
  readonly usage: string;
  readonly meaning: string;
  readonly read: (rest: string) => Command;
}

export const commands: Readonly<Record<string, Entry>> = {
  rooms: { usage: '/rooms', meaning: 'the rooms there are', read: () => ({ kind: 'rooms' }) },
  who: { usage: '/who', meaning: 'who is here', read: () => ({ kind: 'who' }) },
  join: {
    usage: '/join ROOM',
    meaning: 'go to another room',
    read: (room) =>
      room === '' ? { kind: 'wrong', reason: '/join ROOM: which one?' } : { kind: 'join', room },
  },
  name: {
    usage: '/name NAME',
    meaning: 'be called something else',
    read: (name) =>
      name === '' ? { kind: 'wrong', reason: '/name NAME: which one?' } : { kind: 'name', name },
  },
  retry: { usage: '/retry', meaning: 'connect now instead of waiting', read: () => ({ kind: 'retry' }) },
  help: { usage: '/help', meaning: 'this list', read: () => ({ kind: 'help' }) },
  quit: { usage: '/quit', meaning: 'leave, as Ctrl-C and Ctrl-D do', read: () => ({ kind: 'quit' }) },
};

/** Reads a line. Whoever wants to say a slash types two. */
export function parseCommand(line: string): Command {
  if (line.trim() === '') return { kind: 'nothing' };
  if (!line.startsWith('/')) return { kind: 'say', content: line };
  if (line.startsWith('//')) return { kind: 'say', content: line.slice(1) };
  const [word = '', ...rest] = line.slice(1).trim().split(/\s+/);
  const command = Object.hasOwn(commands, word) ? commands[word] : undefined;
  if (command === undefined) return { kind: 'wrong', reason: `/${word}: no such command; /help lists them` };
  return command.read(rest.join(' '));
}

/** @returns the commands that a line may become. */
export function completions(line: string): readonly string[] {
  if (!line.startsWith('/')) return [];
  return Object.keys(commands)
    .map((word) => `/${word} `)
    .filter((command) => command.startsWith(line));
}

/** The list for /help. */
export function helpLines(): string[] {
  const width = Math.max(...Object.values(commands).map(({ usage }) => usage.length));
  return [
    ...Object.values(commands).map(({ usage, meaning }) => `${usage.padEnd(width)}  ${meaning}`),
    `${'//text'.padEnd(width)}  say something that begins with a slash`,
  ];
}
