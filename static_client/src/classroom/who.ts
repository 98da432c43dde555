// What stands before a name: a lecturer's title, or what a device is. The server sends the purpose, never the word.
import type { TextKey } from "@/locales/vi";
import type { RosterEntry } from "@/wire/protocol.gen";

type Text = (key: TextKey) => string;

const DEVICES: Record<string, TextKey> = { camera: "room.device.camera", screen: "room.device.screen" };

/** "TS.", "Camera ·", or nothing. */
export function wordBefore(
  t: Text,
  { role, purpose, title }: Pick<RosterEntry, "role" | "purpose" | "title">,
): string | undefined {
  if (role === "device") return `${t(DEVICES[purpose ?? ""] ?? "room.device.other")} ·`;
  return role === "lecturer" && title !== "" ? title : undefined;
}
