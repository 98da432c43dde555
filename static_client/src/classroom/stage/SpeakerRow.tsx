// Under a shared screen: self (for who teaches), who has the floor or speaks, who is next in the queue.
import { useRoom } from "../context";
import { isHeard } from "../reach";
import { isHere, isLecturer } from "../select";
import type { RoomState } from "../state";
import { Tile } from "./Tile";

const PLACES = 3;

function rowOf(state: RoomState): string {
  const here = (id: string) => {
    const person = state.people[id];
    return person !== undefined && isHere(person);
  };
  const teaches = isLecturer(state);
  const first = teaches ? [state.me] : [];
  const heard = state.speakers.filter((id) => isHeard(state, id));
  const talking = [...state.floor, ...heard].filter((id) => state.people[id]?.role === "student");
  const next = teaches ? state.hands.slice(0, 1).map((hand) => hand.participant) : [];
  return [...new Set([...first, ...talking, ...next])].filter(here).slice(0, PLACES).join(" ");
}

export function SpeakerRow() {
  const row = useRoom(rowOf);
  if (row === "") return null;
  return (
    <div className="speaker-row">
      {row.split(" ").map((participant) => (
        <Tile key={participant} participant={participant} />
      ))}
    </div>
  );
}
