// The devices to choose from, with names; the default first when the browser does not list it itself.
import { useEffect, useState } from "react";
import { listDevices } from "@/call/devices";
import { useText } from "@/locales/text";
import type { Option } from "@/ui/Choice";
import { useLocal } from "../context";

type Names = Record<"microphone" | "camera" | "speaker", Option<string>[]>;

export function useDeviceNames(): Names {
  const { t } = useText();
  const { choice } = useLocal();
  const [found, setFound] = useState<Awaited<ReturnType<typeof listDevices>> | null>(null);
  useEffect(() => {
    let current = true;
    const look = () =>
      void listDevices().then((devices) => {
        if (current) setFound(devices);
      });
    look();
    navigator.mediaDevices?.addEventListener("devicechange", look);
    return () => {
      current = false;
      navigator.mediaDevices?.removeEventListener("devicechange", look);
    };
  }, []);
  const of = (kind: keyof Names) => {
    const options = (found?.[kind] ?? []).map((device) => ({
      value: device.deviceId,
      label: device.label || t("prejoin.defaultDevice"),
    }));
    return options.some((option) => option.value === choice[kind])
      ? options
      : [{ value: choice[kind], label: t("prejoin.defaultDevice") }, ...options];
  };
  return { microphone: of("microphone"), camera: of("camera"), speaker: of("speaker") };
}
