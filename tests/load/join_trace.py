"""What a browser did between a link and the lecturer's voice: `TRACER` notes it inside the page, `phases` reads the notes. Pure but for that.

All times are the page's own, ms since the navigation began; redirects on the way count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Notes the first time that each thing happens in `window.__trace`, presses the button as soon as it may be pressed, and looks
#: every 20 ms whether sound has been played that is no silence.
TRACER = """
(() => {
  const trace = (window.__trace = { sockets: 0 });
  const note = what => { trace[what] ??= performance.now(); };
  new MutationObserver((_, watching) => {
    const found = [...document.querySelectorAll('button')].find(each =>
      /^V\\u00e0o l\\u1edbp/.test(each.textContent) && !each.disabled && each.getAttribute('aria-disabled') !== 'true');
    if (!found) return;
    watching.disconnect();
    note('pressed');
    found.click();
  }).observe(document, { childList: true, subtree: true, attributes: true });

  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...args) {
      super(...args);
      note('socket');
      this.addEventListener('open', () => note('socketOpen'));
      this.addEventListener('message', ({ data }) => {
        if (typeof data === 'string' && data.includes('"joined"')) note('joined');
      });
    }
    send(data) {
      if (typeof data === 'string' && data.startsWith('40')) note('connect');
      super.send(data);
    }
  };

  const Peer = window.RTCPeerConnection;
  window.__peers = [];
  window.RTCPeerConnection = class extends Peer {
    constructor(...args) {
      super(...args);
      note('peer');
      window.__peers.push(this);
      this.addEventListener('iceconnectionstatechange', () => {
        if (['connected', 'completed'].includes(this.iceConnectionState)) note('ice');
      });
      this.addEventListener('connectionstatechange', () => {
        if (this.connectionState === 'connected') note('dtls');
      });
      const look = async () => {
        if (this.connectionState === 'closed') return;
        for (const report of (await this.getStats()).values()) {
          if (report.type !== 'inbound-rtp' || report.kind !== 'audio') continue;
          if (report.packetsReceived > 0) note('packet');
          if (report.totalAudioEnergy > 0) { note('heard'); trace.tell?.(); }
        }
        if (trace.heard === undefined) setTimeout(look, 20);
      };
      this.addEventListener('signalingstatechange', () => { if (this.signalingState === 'stable') look(); });
    }
    async setLocalDescription(...args) {
      await super.setLocalDescription(...args);
      note('offer');
    }
    setRemoteDescription(...args) {
      note('answer');
      return super.setRemoteDescription(...args).finally(() => note('answered'));
    }
  };
})();
"""

#: Once something was heard, or `longestMs` has passed: the notes with what the browser itself keeps of pages and files.
READ_TRACE = """
async longestMs => {
  const heard = new Promise(done => { window.__trace.tell = done; if (window.__trace.heard !== undefined) done(); });
  await Promise.race([heard, new Promise(done => setTimeout(done, longestMs))]);
  const [page] = performance.getEntriesByType('navigation');
  const files = performance.getEntriesByType('resource').map(each => ({
    name: each.name.replace(location.origin, ''), begun: each.startTime, asked: each.requestStart,
    first: each.responseStart, done: each.responseEnd, bytes: each.transferSize }));
  return { ...window.__trace, tell: undefined, redirected: page.redirectEnd, asked: page.requestStart, html: page.responseEnd, files };
}
"""

#: In the order in which they happen: what ends each phase, and how the phase is called.
PHASES = (
    ("redirected", "sign-in and redirect"),
    ("html", "page"),
    ("scripts", "scripts and styles"),
    ("pressed", "who and what lesson, prejoin shown"),
    ("socket", "press, classroom's code"),
    ("socketOpen", "socket"),
    ("connect", "offer, CONNECT"),
    ("joined", "`joined` with the answer"),
    ("answered", "answer taken"),
    ("ice", "ICE"),
    ("dtls", "DTLS"),
    ("packet", "first packet of sound"),
    ("heard", "first sound played"),
)


def moments(trace: Mapping[str, Any]) -> dict[str, float]:
    """When each phase ended, ms; a thing that happened early counts as no time of its own."""
    scripts = [each["done"] for each in trace["files"] if "/assets/index-" in each["name"]]
    known = {**trace, "scripts": max(scripts, default=trace["html"])}
    out: dict[str, float] = {}
    latest = 0.0
    for name, _ in PHASES:
        latest = max(latest, float(known.get(name, latest)))
        out[name] = latest
    return out


def phases(trace: Mapping[str, Any]) -> dict[str, float]:
    """How long each phase took, ms, by its name."""
    found, before = {}, 0.0
    for name, at in moments(trace).items():
        found[dict(PHASES)[name]] = at - before
        before = at
    return found
