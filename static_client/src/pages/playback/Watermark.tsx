// The viewer's name over the picture, moving every 30 s: a copy says who made it.
import { useEffect, useState } from "react";

const PLACES = [
  { left: "6%", top: "18%" },
  { left: "52%", top: "64%" },
  { left: "24%", top: "42%" },
  { left: "58%", top: "12%" },
] as const;
const MOVE_MS = 30_000;

export function Watermark({ text }: { text: string }) {
  const [place, setPlace] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setPlace((old) => (old + 1) % PLACES.length), MOVE_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <svg className="watermark" style={PLACES[place]} width="1" height="20" aria-hidden="true">
      <text y="15">{text}</text>
    </svg>
  );
}
