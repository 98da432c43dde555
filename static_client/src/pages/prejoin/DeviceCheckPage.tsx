// The device check without a lesson and without an account.
import { ArrowLeft } from "lucide-react";
import { useEffect } from "react";
import { Link } from "react-router";
import { useText } from "@/locales/text";
import { buttonClass } from "@/ui/Button";
import { LanguageSwitch, TopBar } from "@/ui/TopBar";
import { keepDeviceResult } from "../shared/device_result";
import { useOpenLocal, useReopenOnPermission } from "../shared/use_local";
import { usePageTitle } from "../shell/PageShell";
import { BlockedHelp } from "./BlockedHelp";
import { DeviceRow, LineCard, Preview } from "./DevicePanel";
import { useProbe } from "./use_probe";
import "./prejoin.css";

export function DeviceCheckPage() {
  const { t, locale, setLocale } = useText();
  usePageTitle(t("prejoin.deviceCheck"));
  const { local, state } = useOpenLocal("lecturer");
  const probing = useProbe();
  const { trouble } = state;
  const refused = trouble !== null && trouble.why !== "missing";
  useReopenOnPermission(local, refused);
  useEffect(() => {
    if (probing.state === "running" || state.camera === "opening" || state.microphone === "opening") return;
    keepDeviceResult({
      atMs: Date.now(),
      microphone: local.track("microphone") !== null,
      camera: local.track("camera") !== null,
      downBps: probing.result?.downBps ?? null,
      delayMs: probing.result?.delayMs ?? null,
    });
  }, [probing.state, probing.result, state.camera, state.microphone, local]);
  return (
    <>
      <TopBar school="">
        <Link className={`${buttonClass("text", "normal")} back-link`} to="/">
          <ArrowLeft size={18} aria-hidden="true" /> {t("prejoin.back")}
        </Link>
        <LanguageSwitch locale={locale} label={t("app.language")} onChange={setLocale} />
      </TopBar>
      <main id="main" className="page prejoin-page">
        <div className="prejoin prejoin--alone">
          <div className="prejoin__devices">
            <h1 className="t-title">{t("prejoin.deviceCheck")}</h1>
            <Preview local={local} state={state} name="" />
            {trouble && refused ? (
              <BlockedHelp why={trouble.why} onRetry={() => void local.openBoth()} />
            ) : (
              <DeviceRow local={local} state={state} />
            )}
            <LineCard probing={probing} />
          </div>
        </div>
      </main>
    </>
  );
}
