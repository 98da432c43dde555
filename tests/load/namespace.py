"""A network namespace of the bench's own: one address that is not loopback's, which Janus needs, and nothing that leaves the machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

#: The only address there is beside 127.0.0.1.
ADDRESS = "10.99.0.1"
_MARK = "GIANGDUONG_BENCH_NAMESPACE"
#: Any kind of interface does that the kernel can make without hardware.
_KINDS = ("dummy", "ifb", "bridge")


def enter(module: str) -> None:
    """Start this program again inside a namespace; returns when already inside. SystemExit when there can be none."""
    if os.environ.get(_MARK):
        _make_address()
        return
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        raise SystemExit("unshare (util-linux) and ip (iproute2) are needed: apt-get install util-linux iproute2")
    kind = ["--net"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--net"]
    environment = {**os.environ, _MARK: "1"}
    os.execvpe("unshare", ["unshare", *kind, sys.executable, "-m", module, *sys.argv[1:]], environment)


def _make_address() -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for kind in _KINDS:
        made = subprocess.run(["ip", "link", "add", "load0", "type", kind], capture_output=True, check=False)
        if made.returncode == 0:
            break
    else:
        raise SystemExit(f"the kernel makes none of these interfaces: {', '.join(_KINDS)}")
    subprocess.run(["ip", "addr", "add", f"{ADDRESS}/16", "dev", "load0"], check=True)
    subprocess.run(["ip", "link", "set", "load0", "up"], check=True)
