/** The README's tables, made from the code: flags, messages, error codes and close codes. */
import { closeCodes } from '../src/close-codes.ts';
import { showValue } from '../src/config.ts';
import { environmentOf, flagOf, settings, type SettingName } from '../src/settings.ts';
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

function asTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [asRow(head), asRow(head.map(() => '---')), ...rows.map(asRow)].join('\n');
}

function asRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
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
  return asTable(['flag', 'environment', 'default', 'meaning'], rows);
}

interface MessageSchema {
  readonly description?: string;
  readonly required?: readonly string[];
  readonly properties: Readonly<Record<string, { readonly const?: string }>>;
}

function messageTable(): string {
  const { ClientMessage, ServerMessage } = protocolSchema.$defs;
  return asTable(
    ['from', 'type', 'members', 'meaning'],
    [...messageRows(ClientMessage.anyOf, 'client'), ...messageRows(ServerMessage.anyOf, 'server')],
  );
}

function messageRows(schemas: readonly unknown[], from: string): string[][] {
  return (schemas as readonly MessageSchema[]).map(({ description = '', required = [], properties }) => {
    const members = Object.keys(properties).filter((name) => name !== 'type');
    const shown = members.map((name) => `\`${name}${required.includes(name) ? '' : '?'}\``).join(' ');
    return [from, `\`${properties['type']?.const ?? ''}\``, shown, description];
  });
}

function errorTable(): string {
  return asTable(
    ['code', 'meaning'],
    Object.entries(errorCodes).map(([code, words]) => [`\`${code}\``, words]),
  );
}

function closeTable(): string {
  const rows = Object.values(closeCodes).map(({ code, name, reconnect }) => [`${code}`, name, reconnect]);
  return asTable(['code', 'name', 'come back?'], rows);
}
