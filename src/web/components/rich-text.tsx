/** What a member typed, as text, links and code: every character of it is a text node or the target of a checked link. */
import { memo } from 'react';
import { partsOf, type Part } from '../model/rich-text.ts';

export const RichText = memo(({ text }: { readonly text: string }) => (
  <div className="text">
    {partsOf(text).map((part, index) => (
      // oxlint-disable-next-line react/no-array-index-key -- the parts of one text never change their places
      <PartOfText key={index} part={part} />
    ))}
  </div>
));

function PartOfText({ part }: { readonly part: Part }) {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'link':
      return (
        <a href={part.href} target="_blank" rel="noopener noreferrer nofollow">
          {part.text}
        </a>
      );
    case 'code':
      return <code>{part.text}</code>;
    case 'block':
      return (
        <pre>
          <code>{part.text}</code>
        </pre>
      );
  }
}
