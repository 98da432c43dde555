// Holds the classroom's state and tells who listens. Knows nothing of React.
import { reduce } from "./reducer";
import { type Action, type RoomState, START } from "./state";

export class RoomStore {
  private current: RoomState;
  private readonly listeners = new Set<() => void>();

  constructor(start: Partial<RoomState> = {}) {
    this.current = { ...START, ...start };
  }

  get state(): RoomState {
    return this.current;
  }

  snapshot = (): RoomState => this.current;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  dispatch(action: Action): void {
    const next = reduce(this.current, action);
    if (next === this.current) return;
    this.current = next;
    for (const listener of this.listeners) listener();
  }
}
