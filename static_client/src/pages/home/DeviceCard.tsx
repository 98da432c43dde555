// What the last device check on this machine found, and the way to run it again.
import { CircleAlert, CircleCheck, RefreshCw } from "lucide-react";
import { Link } from "react-router";
import { useText } from "@/locales/text";
import { clock, dayShort, isoDay, rate } from "@/locales/when";
import { buttonClass } from "@/ui/Button";
import { lastDeviceResult } from "../shared/device_result";

export function DeviceCard() {
  const { t, locale } = useText();
  const result = lastDeviceResult();
  const today = result && isoDay(result.atMs) === isoDay(Date.now());
  return (
    <section className="card" aria-labelledby="device-check">
      <div className="home__card-head">
        <h2 id="device-check" className="t-heading-2">
          {t("home.devices")}
        </h2>
        {result && (
          <span className="t-dense t-2 num">
            {today ? clock(result.atMs) : `${dayShort(result.atMs)} ${clock(result.atMs)}`}
          </span>
        )}
      </div>
      {result ? (
        <ul className="home__facts">
          <Fact well={result.microphone} name={t("home.devices.mic")}>
            {t(result.microphone ? "home.devices.mic.ok" : "home.devices.mic.bad")}
          </Fact>
          <Fact well={result.camera} name={t("home.devices.camera")}>
            {t(result.camera ? "home.devices.camera.ok" : "home.devices.camera.bad")}
          </Fact>
          <Fact well={result.downBps !== null} name={t("home.devices.line")}>
            {result.downBps === null
              ? t("home.devices.line.bad")
              : t("home.devices.line.detail", {
                  rate: rate(result.downBps, locale, t("app.second")),
                  ms: Math.round(result.delayMs ?? 0),
                })}
          </Fact>
        </ul>
      ) : (
        <p className="t-2 home__note">{t("home.devices.none")}</p>
      )}
      <Link className={buttonClass("secondary", "normal", true)} to="/device-check">
        <RefreshCw size={18} aria-hidden="true" />
        {t(result ? "home.devices.again" : "home.devices.run")}
      </Link>
    </section>
  );
}

function Fact({ well, name, children }: { well: boolean; name: string; children: string }) {
  const Icon = well ? CircleCheck : CircleAlert;
  return (
    <li data-well={well}>
      <Icon size={20} aria-hidden="true" />
      <span>
        <span className="home__fact-name">{name}</span>
        <span className="t-dense t-2 num">{children}</span>
      </span>
    </li>
  );
}
