/** What is shown where nobody has said anything yet: that somebody may begin, and where others come in. */
import favicon from '../favicon.svg';
import { hashOf } from '../model/room-names.ts';

export function SilentRoom({ name }: { readonly name: string }) {
  const { href } = new URL(hashOf(name), location.href);
  return (
    <div className="silent">
      <img src={favicon} alt="" width="48" height="48" />
      <h2>Nobody has said anything in #{name} yet</h2>
      <p>
        Write the first message, or ask others in:{' '}
        <a href={href} target="_blank" rel="noopener">
          {decodeURI(href)}
        </a>
      </p>
    </div>
  );
}
