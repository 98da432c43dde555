// What the lecturer asks of this person: to speak, to mute. Above everything but never in the way of the focus.
import { Hand, MicOff } from "lucide-react";
import { useText } from "@/locales/text";
import { Button } from "@/ui/Button";
import { useController, useLocal, useRoom } from "../context";

export function Prompts() {
  const { t } = useText();
  const controller = useController();
  const invited = useRoom((state) => state.invited);
  const muteAsked = useRoom((state) => state.muteAsked);
  const { microphone } = useLocal();
  return (
    <div className="prompts" role="alert">
      {invited && (
        <div className="toast toast--hand">
          <Hand size={18} aria-hidden="true" />
          <span className="toast__words">{t("room.invited.spoken")}</span>
          <Button kind="primary" size="small" onClick={() => void controller.acceptInvitation()}>
            {t("room.invited.unmute")}
          </Button>
          <Button kind="text" size="small" onClick={() => controller.declineInvitation()}>
            {t("room.invited.later")}
          </Button>
        </div>
      )}
      {muteAsked && microphone === "on" && (
        <div className="toast toast--hand">
          <MicOff size={18} aria-hidden="true" />
          <span className="toast__words">{t("room.muteAsked")}</span>
          <Button kind="primary" size="small" onClick={() => void controller.answerMute(true)}>
            {t("room.muteAsked.act")}
          </Button>
          <Button kind="text" size="small" onClick={() => void controller.answerMute(false)}>
            {t("room.muteAsked.keep")}
          </Button>
        </div>
      )}
    </div>
  );
}
