// Initials of a person on one of six grounds, the same on every screen.
import { colourPair, initialsOf } from "./names";
import "./styles/layout.css";

interface Props {
  id: string;
  name: string;
  size?: number;
}

/** Decorative: the name always stands beside it or is the accessible name of what holds it. */
export function Avatar({ id, name, size = 36 }: Props) {
  return (
    <span
      className={`avatar avatar--${colourPair(id)}`}
      style={{ width: size, height: size, fontSize: Math.max(12, Math.round(size * 0.38)) }}
      aria-hidden="true"
    >
      {initialsOf(name)}
    </span>
  );
}
