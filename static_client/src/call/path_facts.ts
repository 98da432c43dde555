// What getStats tells of the way the media takes and of the largest picture that arrives; for the details of the network badge. Pure.

export interface PathFacts {
  protocol: "udp" | "tcp" | null;
  /** Through a TURN server. */
  relayed: boolean;
  family: 4 | 6 | null;
  picture: { width: number; height: number; fps: number } | null;
}

export const NO_FACTS: PathFacts = { protocol: null, relayed: false, family: null, picture: null };

type Entry = Record<string, unknown>;

export function factsOf(report: RTCStatsReport): PathFacts {
  const byId = new Map<string, Entry>();
  report.forEach((entry: Entry) => {
    byId.set(String(entry.id), entry);
  });
  const entries = [...byId.values()];
  return { ...wayOf(entries, byId), picture: largestPicture(entries) };
}

function wayOf(entries: readonly Entry[], byId: ReadonlyMap<string, Entry>): Omit<PathFacts, "picture"> {
  const transport = entries.find((one) => one.type === "transport" && one.selectedCandidatePairId);
  const pair =
    byId.get(String(transport?.selectedCandidatePairId)) ??
    entries.find((one) => one.type === "candidate-pair" && one.nominated && one.state === "succeeded");
  const local = byId.get(String(pair?.localCandidateId));
  const remote = byId.get(String(pair?.remoteCandidateId));
  const protocol = String(local?.relayProtocol ?? local?.protocol ?? "");
  const address = String(remote?.address ?? remote?.ip ?? "");
  return {
    protocol: protocol === "udp" ? "udp" : protocol === "" ? null : "tcp",
    relayed: local?.candidateType === "relay",
    family: address === "" ? null : address.includes(":") ? 6 : 4,
  };
}

function largestPicture(entries: readonly Entry[]): PathFacts["picture"] {
  let best: PathFacts["picture"] = null;
  for (const one of entries) {
    if (one.type !== "inbound-rtp" || one.kind !== "video" || !one.framesPerSecond) continue;
    const width = Number(one.frameWidth ?? 0);
    if (width > (best?.width ?? 0))
      best = { width, height: Number(one.frameHeight ?? 0), fps: Math.round(Number(one.framesPerSecond)) };
  }
  return best;
}
