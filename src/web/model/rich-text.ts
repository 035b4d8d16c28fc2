/** Rich text is what a member typed, taken apart into text, links and code; it never becomes markup. */
import { LinkifyIt } from 'linkify-it';

export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly href: string }
  | { readonly kind: 'code'; readonly text: string } // within a line
  | { readonly kind: 'block'; readonly text: string }; // lines of their own

const linkify = new LinkifyIt({ fuzzyLink: false, fuzzyEmail: true });
for (const scheme of ['ftp:', '//']) linkify.add(scheme, null);

const safe = /^(?:https?|mailto):/i;

/** Three backticks on both sides, a language after the first ones; or one backtick on both sides within a line. */
const code = /```(?:[\w+#-]*\n)?(?<block>[\s\S]+?)```|`(?<span>[^`\n]+)`/g;

export function partsOf(text: string): readonly Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const match of text.matchAll(code)) {
    const { block, span } = match.groups ?? {};
    const before = text.slice(end, match.index);
    end = match.index + match[0].length;
    // A block stands on lines of its own, and needs no line breaks around it.
    parts.push(...linked(block === undefined ? before : before.replace(/\n$/, '')));
    if (block !== undefined) {
      parts.push({ kind: 'block', text: block.replace(/^\n|\n$/g, '') });
      if (text[end] === '\n') end += 1;
    } else parts.push({ kind: 'code', text: span ?? '' });
  }
  return [...parts, ...linked(text.slice(end))];
}

function linked(text: string): Part[] {
  const parts: Part[] = [];
  let end = 0;
  const add = (upTo: number): void => {
    if (upTo > end) parts.push({ kind: 'text', text: text.slice(end, upTo) });
  };
  for (const { index, lastIndex, url, text: words } of linkify.match(text) ?? []) {
    if (!safe.test(url) || !URL.canParse(url)) continue;
    add(index);
    parts.push({ kind: 'link', text: words, href: url });
    end = lastIndex;
  }
  add(text.length);
  return parts;
}
