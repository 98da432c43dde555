// One message: who, when, what; edited by its author, hidden by the lecturer with a reason.
import { Clock, EyeOff, Pencil, RotateCw } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import { useText } from "@/locales/text";
import { clock } from "@/locales/when";
import { Avatar } from "@/ui/Avatar";
import { Button, IconButton } from "@/ui/Button";
import { Badge } from "@/ui/Feedback";
import { TextArea } from "@/ui/Field";
import type { ChatMessage } from "@/wire/protocol.gen";
import { useController, usePerson, useRoom } from "../context";
import { ReasonDialog } from "../parts/ReasonDialog";
import { isLecturer } from "../select";
import type { PendingChat } from "../state";

export function MessageRow({ message }: { message: ChatMessage }) {
  const { t } = useText();
  const controller = useController();
  const person = usePerson(message.participant);
  const mine = useRoom((state) => state.me === message.participant);
  const teaches = useRoom(isLecturer);
  const [editing, setEditing] = useState(false);
  const [hiding, setHiding] = useState(false);
  const name = person?.name ?? "";
  if (message.hidden && !teaches) {
    return (
      <p className="message__gone t-dense">
        <EyeOff size={14} aria-hidden="true" /> {t("room.chat.hidden")}
      </p>
    );
  }
  return (
    <article className="message" data-hidden={message.hidden || undefined}>
      <Avatar id={message.participant} name={name} size={32} />
      <div className="message__body">
        <header className="message__head">
          <span className="message__name">{name}</span>
          {person?.role === "lecturer" && <Badge tone="accent">{t("role.lecturer")}</Badge>}
          <time className="t-dense t-3 num">{clock(message.at_us / 1000)}</time>
          {message.edited && <span className="t-dense t-3">{t("room.chat.edited")}</span>}
          {message.hidden && <Badge icon={EyeOff}>{t("room.chat.hiddenMark")}</Badge>}
        </header>
        {editing ? (
          <EditForm message={message} onDone={() => setEditing(false)} />
        ) : (
          <p className="message__text">{message.text}</p>
        )}
      </div>
      {!editing && !message.hidden && (mine || teaches) && (
        <div className="message__acts">
          {mine && (
            <IconButton
              icon={Pencil}
              size="small"
              label={t("room.chat.edit")}
              onClick={() => setEditing(true)}
            />
          )}
          {teaches && (
            <IconButton
              icon={EyeOff}
              size="small"
              label={t("room.chat.hide")}
              onClick={() => setHiding(true)}
            />
          )}
        </div>
      )}
      {hiding && (
        <ReasonDialog
          title={t("room.chat.hide.title")}
          body={t("room.chat.hide.body")}
          safe={t("room.chat.hide.keep")}
          act={t("room.chat.hide")}
          onClose={() => setHiding(false)}
          onAct={(reason) => controller.do({ t: "hide_chat", message: message.message, reason })}
        />
      )}
    </article>
  );
}

function EditForm({ message, onDone }: { message: ChatMessage; onDone: () => void }) {
  const { t } = useText();
  const controller = useController();
  const [text, setText] = useState(message.text);
  const save = async () => {
    const trimmed = text.trim();
    if (trimmed === "" || trimmed === message.text) return onDone();
    if (await controller.do({ t: "edit_chat", message: message.message, text: trimmed })) onDone();
  };
  const key = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      onDone();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      void save();
    }
  };
  return (
    <div className="message__edit">
      <TextArea
        label={t("room.chat.editing")}
        hideLabel
        autoFocus
        rows={2}
        value={text}
        onChange={setText}
        onKeyDown={key}
      />
      <div className="message__edit-acts">
        <Button size="small" onClick={onDone}>
          {t("app.cancel")}
        </Button>
        <Button size="small" kind="primary" onClick={() => void save()}>
          {t("room.chat.save")}
        </Button>
      </div>
    </div>
  );
}

export function PendingRow({ pending }: { pending: PendingChat }) {
  const { t } = useText();
  const controller = useController();
  const me = useRoom((state) => state.me);
  const person = usePerson(me);
  return (
    <article className="message">
      <Avatar id={me} name={person?.name ?? ""} size={32} />
      <div className="message__body">
        <header className="message__head">
          <span className="message__name">{person?.name}</span>
          <Badge tone={pending.failed ? "bad" : "warn"} icon={Clock}>
            {t(pending.failed ? "room.chat.failed" : "room.chat.waiting")}
          </Badge>
          <time className="t-dense t-3 num">{clock(pending.atMs)}</time>
        </header>
        <p className="message__text">{pending.text}</p>
      </div>
      {pending.failed && (
        <IconButton
          icon={RotateCw}
          size="small"
          label={t("app.retry")}
          onClick={() => controller.retryChat(pending.message)}
        />
      )}
    </article>
  );
}
