// What to do in this browser when camera and microphone are refused.
import { Lock, RefreshCw } from "lucide-react";
import type { DeviceTrouble } from "@/call/devices";
import { useText } from "@/locales/text";
import type { TextKey } from "@/locales/vi";
import { Button } from "@/ui/Button";

type Browser = "chromeAndroid" | "chrome" | "firefox" | "safari";

const NAMES: Record<Browser, string> = {
  chromeAndroid: "Chrome trên Android",
  chrome: "Chrome",
  firefox: "Firefox",
  safari: "Safari",
};

export function browserOf(agent: string): Browser {
  if (/firefox|fxios/i.test(agent)) return "firefox";
  if (/android/i.test(agent)) return "chromeAndroid";
  if (/safari/i.test(agent) && !/chrom|crios|edg/i.test(agent)) return "safari";
  return "chrome";
}

export function BlockedHelp({ why, onRetry }: { why: DeviceTrouble; onRetry: () => void }) {
  const { t } = useText();
  const browser = browserOf(navigator.userAgent);
  const steps = ([1, 2, 3] as const).map((n) => t(`prejoin.blocked.${browser}.${n}` as TextKey));
  const title =
    why === "busy"
      ? t("prejoin.blocked.busy")
      : why === "system"
        ? t("prejoin.blocked.system")
        : why === "insecure"
          ? t("prejoin.blocked.insecure")
          : t("prejoin.blocked.title", { browser: NAMES[browser] });
  return (
    <section className="card card--dense blocked" role="alert">
      <h2 className="blocked__title">
        <Lock size={18} aria-hidden="true" /> {title}
      </h2>
      {why === "busy" && <p>{t("prejoin.blocked.busy.step")}</p>}
      {why === "refused" && (
        <ol className="blocked__steps">
          {steps.map((step, index) => (
            <li key={step}>
              <span aria-hidden="true">{index + 1}</span> {step}
            </li>
          ))}
        </ol>
      )}
      <p className="t-dense t-2">{t("prejoin.blocked.listen")}</p>
      <Button icon={RefreshCw} wide onClick={onRetry}>
        {t("app.retry")}
      </Button>
    </section>
  );
}
