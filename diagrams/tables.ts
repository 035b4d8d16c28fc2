/** The README's tables, made from the code: flags, messages, error codes and close codes. */
import { closeCodes } from '../src/close-codes.ts';
import { environmentOf, flagOf, settings, showValue, type SettingName } from '../src/config.ts';
import { errorCodes, protocolSchema } from '../src/protocol.ts';

/** @returns each table by its name, as Markdown. */
export function tables(): ReadonlyMap<string, string> {
  return new Map([
    ['flags', flagTable()],
    ['messages', messageTable()],
    ['errors', errorTable()],
    ['closes', closeTable()],
  ]);
}

/**
 * Puts the tables where the text has their marks, `<!-- flags -->` to `<!-- /flags -->`.
 * @throws Error when a table's marks are missing.
 */
export function withTables(text: string): string {
  let result = text;
  for (const [name, table] of tables()) {
    const start = `<!-- ${name} -->`;
    const end = `<!-- /${name} -->`;
    const from = result.indexOf(start);
    const to = result.indexOf(end);
    if (from < 0 || to < from) throw new Error(`there is no ${start} … ${end} for its table`);
    result = `${result.slice(0, from + start.length)}\n${table}\n${result.slice(to)}`;
  }
  return result;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function flagTable(): string {
  const rows = (Object.keys(settings) as SettingName[]).map((name) => {
    const { default: value, meaning } = settings[name];
    const shown = showValue(name, value);
    return [
      `\`--${flagOf(name)}\``,
      `\`${environmentOf(name)}\``,
      shown === '' ? '' : `\`${shown}\``,
      meaning,
    ];
  });
  return table(['flag', 'environment', 'default', 'meaning'], rows);
}

interface MessageSchema {
  readonly description?: string;
  readonly required?: readonly string[];
  readonly properties: Readonly<Record<string, { readonly const?: string }>>;
}

function messageTable(): string {
  const { ClientMessage, ServerMessage } = protocolSchema.$defs;
  const rowsOf = (schemas: readonly unknown[], from: string) =>
    (schemas as readonly MessageSchema[]).map(({ description = '', required = [], properties }) => {
      const members = Object.keys(properties).filter((name) => name !== 'type');
      const shown = members.map((name) => `\`${name}${required.includes(name) ? '' : '?'}\``).join(' ');
      return [from, `\`${properties['type']?.const ?? ''}\``, shown, description];
    });
  return table(
    ['from', 'type', 'members', 'meaning'],
    [...rowsOf(ClientMessage.anyOf, 'client'), ...rowsOf(ServerMessage.anyOf, 'server')],
  );
}

function errorTable(): string {
  return table(
    ['code', 'meaning'],
    Object.entries(errorCodes).map(([code, words]) => [`\`${code}\``, words]),
  );
}

function closeTable(): string {
  const rows = Object.values(closeCodes).map(({ code, name, reconnect }) => [`${code}`, name, reconnect]);
  return table(['code', 'name', 'come back?'], rows);
}
