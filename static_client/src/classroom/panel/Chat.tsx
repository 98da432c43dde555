// "Trao đổi": messages oldest first, the composer below. Typing works without a line; what is typed then waits.
import { MessageSquare, Send } from "lucide-react";
import {
  type FormEvent,
  type KeyboardEvent,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { useText } from "@/locales/text";
import { Button } from "@/ui/Button";
import { EmptyState } from "@/ui/Feedback";
import { useController, useRoom } from "../context";
import { MessageRow, PendingRow } from "./ChatRows";

/** The server's cap (room/commands.py `ChatText`). */
const MAX_LENGTH = 4_000;
/** So near the end counts as being at the end: new messages scroll along. */
const NEAR_END_PX = 80;

export function Chat() {
  const { t } = useText();
  const controller = useController();
  const chat = useRoom((state) => state.chat);
  const pending = useRoom((state) => state.pendingChat);
  const unread = useRoom((state) => state.unreadChat);
  const list = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const [behind, setBehind] = useState(0);

  const toEnd = useCallback(() => {
    const node = list.current;
    if (node) node.scrollTop = node.scrollHeight;
  }, []);
  const count = chat.length + pending.length;
  useLayoutEffect(() => {
    if (atEnd.current && count > 0) toEnd();
  }, [count, toEnd]);
  useEffect(() => {
    if (unread === 0) return;
    if (atEnd.current) controller.store.dispatch({ type: "chat_seen" });
    else setBehind(unread);
  }, [unread, controller]);

  const scrolled = () => {
    const node = list.current;
    if (!node) return;
    atEnd.current = node.scrollHeight - node.scrollTop - node.clientHeight < NEAR_END_PX;
    if (atEnd.current) {
      setBehind(0);
      controller.store.dispatch({ type: "chat_seen" });
    }
  };
  return (
    <div className="chat">
      <div
        ref={list}
        className="chat__list"
        onScroll={scrolled}
        role="log"
        aria-label={t("room.chat")}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling list must be reachable with the keyboard
        tabIndex={0}
      >
        {count === 0 ? (
          <EmptyState icon={MessageSquare} title={t("room.chat.empty")}>
            {t("room.chat.empty.detail")}
          </EmptyState>
        ) : (
          <>
            {chat.map((message) => (
              <MessageRow key={message.message} message={message} />
            ))}
            {pending.map((message) => (
              <PendingRow key={message.message} pending={message} />
            ))}
          </>
        )}
      </div>
      {behind > 0 && (
        <Button size="small" kind="primary" className="chat__new" onClick={toEnd}>
          {t("room.chat.new", { n: behind })}
        </Button>
      )}
      <Composer />
    </div>
  );
}

function Composer() {
  const { t } = useText();
  const controller = useController();
  const open = useRoom((state) => state.policy?.chat_open !== false);
  const lost = useRoom((state) => state.lost !== null);
  const role = useRoom((state) => state.role);
  const [text, setText] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const node = field.current;
    if (!node) return;
    node.style.height = "auto";
    node.style.height = `${Math.min(120, text === "" ? 24 : node.scrollHeight)}px`;
  }, [text]);
  if (!open && role !== "lecturer") return <p className="chat__closed t-2">{t("room.chat.closed")}</p>;
  const send = (event?: FormEvent) => {
    event?.preventDefault();
    if (text.trim() === "") return;
    controller.postChat(text);
    setText("");
    field.current?.focus();
  };
  const key = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  const label = t(lost ? "room.chat.placeholderLost" : "room.chat.placeholder");
  return (
    <form className="composer" onSubmit={send}>
      <div className="composer__box">
        <textarea
          id="composer"
          ref={field}
          rows={1}
          value={text}
          maxLength={MAX_LENGTH}
          placeholder={label}
          aria-label={label}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={key}
        />
        <button
          type="submit"
          className="composer__send"
          aria-label={t("room.chat.send")}
          title={t("room.chat.send")}
        >
          <Send size={18} aria-hidden="true" />
        </button>
      </div>
    </form>
  );
}
