// The side panel: list and chat as tabs; light on the dark stage.
import { useText } from "@/locales/text";
import { Tabs } from "@/ui/Tabs";
import { useRoom } from "../context";
import { isLecturer } from "../select";
import { Chat } from "./Chat";
import { PeopleList } from "./PeopleList";

export type PanelTab = "people" | "chat";

interface Props {
  tab: PanelTab;
  onTab: (tab: PanelTab) => void;
  onRollCall: () => void;
}

export function Panel({ tab, onTab, onRollCall }: Props) {
  const { t } = useText();
  const teaches = useRoom(isLecturer);
  const unread = useRoom((state) => state.unreadChat);
  const hands = useRoom((state) => (isLecturer(state) ? state.hands.length : 0));
  const people = {
    id: "people" as const,
    label: t("room.people"),
    count: tab === "people" ? 0 : hands,
    waiting: true,
    content: <PeopleList onRollCall={onRollCall} />,
  };
  const chat = {
    id: "chat" as const,
    label: t("room.chat"),
    count: tab === "chat" ? 0 : unread,
    waiting: false,
    content: <Chat />,
  };
  return (
    <Tabs
      className="panel__tabs"
      label={t("room.panel")}
      items={teaches ? [people, chat] : [chat, people]}
      selected={tab}
      onSelect={onTab}
    />
  );
}
