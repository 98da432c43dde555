// The local sources in React: opened once per page, closed when the page goes without handing them on.
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { listDevices, watchLevel } from "@/call/devices";
import { LocalMedia, type LocalState } from "@/call/local_media";

interface OpenLocal {
  local: LocalMedia;
  state: LocalState;
  /** After this the page no longer closes the devices: somebody else does. */
  handOn: () => LocalMedia;
}

/** Opens microphone and camera at once; who studies begins muted, as in any lecture hall. */
export function useOpenLocal(role: "lecturer" | "student"): OpenLocal {
  const [local] = useState(() => new LocalMedia(role));
  const handedOn = useRef(false);
  const state = useSyncExternalStore(local.subscribe, local.snapshot);

  useEffect(() => {
    let current = true;
    handedOn.current = false;
    void local.openBoth().then(() => {
      // Whoever enters before the devices have opened takes them along all the same.
      if (!current && !handedOn.current) local.close();
      else if (role === "student") void local.setMicrophone(false);
    });
    return () => {
      current = false;
      if (!handedOn.current) local.close();
    };
  }, [local, role]);

  return {
    local,
    state,
    handOn: () => {
      handedOn.current = true;
      return local;
    },
  };
}

/** Devices by kind; asked again when one is plugged in and when permission has given them names. */
export function useDevices(state: LocalState) {
  const [devices, setDevices] = useState<Awaited<ReturnType<typeof listDevices>>>({
    microphone: [],
    camera: [],
    speaker: [],
  });
  const opened = `${state.microphone}${state.camera}`;
  useEffect(() => {
    let current = true;
    const look = () =>
      void listDevices().then((found) => {
        if (current) setDevices(found);
      });
    if (opened !== "") look();
    navigator.mediaDevices?.addEventListener("devicechange", look);
    return () => {
      current = false;
      navigator.mediaDevices?.removeEventListener("devicechange", look);
    };
  }, [opened]);
  return devices;
}

/** 0–1, ten times a second. */
export function useLevel(track: MediaStreamTrack | null): number {
  const [level, setLevel] = useState(0);
  useEffect(() => {
    if (!track) {
      setLevel(0);
      return;
    }
    return watchLevel(track, setLevel);
  }, [track]);
  return level;
}

/** Opens again by itself when the person has allowed it in the browser's own settings. */
export function useReopenOnPermission(local: LocalMedia, refused: boolean): void {
  useEffect(() => {
    if (!refused || !navigator.permissions) return;
    const watched: PermissionStatus[] = [];
    const reopen = (event: Event) => {
      if ((event.target as PermissionStatus).state === "granted") void local.openBoth();
    };
    for (const name of ["camera", "microphone"]) {
      navigator.permissions
        .query({ name: name as PermissionName })
        .then((status) => {
          watched.push(status);
          status.addEventListener("change", reopen);
        })
        .catch(() => undefined);
    }
    return () => {
      for (const status of watched) status.removeEventListener("change", reopen);
    };
  }, [local, refused]);
}
