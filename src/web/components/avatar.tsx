/** A member's sign: the first letter of the name, in the name's own colour. */
const graphemes = new Intl.Segmenter();

/** Colours for names, as numbered in the style sheet. */
const tints = 8;

export function Avatar({ name }: { readonly name: string }) {
  return (
    <span className={`avatar ${tintOf(name)}`} aria-hidden="true">
      {initialOf(name)}
    </span>
  );
}

/** One colour for one name, on every screen. */
export function tintOf(name: string): string {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  return `tint-${sum % tints}`;
}

function initialOf(name: string): string {
  const [first] = graphemes.segment(name);
  return first?.segment.toLocaleUpperCase() ?? '';
}
