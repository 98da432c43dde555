import { describe, expect, test } from "vitest";
import { trimmed, withAudioNack } from "@/call/codecs";

const codec = (mimeType: string, sdpFmtpLine?: string) =>
  ({ mimeType, clockRate: 90_000, ...(sdpFmtpLine ? { sdpFmtpLine } : {}) }) as RTCRtpCodec;

const H264 = (profile: string, mode: number) =>
  codec("video/H264", `level-asymmetry-allowed=1;packetization-mode=${mode};profile-level-id=${profile}`);
const VIDEO = [
  codec("video/VP9"),
  H264("42001f", 1),
  H264("42e01f", 0),
  H264("42e01f", 1),
  codec("video/rtx"),
  codec("video/VP8"),
];
const AUDIO = [codec("audio/red"), codec("audio/opus"), codec("audio/PCMU")];
const names = (codecs: RTCRtpCodec[]) => codecs.map((one) => one.mimeType);

describe("codecs of an offer", () => {
  test("are VP8 and the one H264 that every browser decodes, in the order that suits the device", () => {
    expect(names(trimmed(VIDEO, "video"))).toEqual(["video/VP8", "video/H264", "video/rtx"]);
    const better = trimmed(VIDEO, "video", { h264First: true });
    expect(names(better)).toEqual(["video/H264", "video/VP8", "video/rtx"]);
    expect(better[0]?.sdpFmtpLine).toContain("packetization-mode=1;profile-level-id=42e01f");
  });

  test("name RED after Opus, and first for the voice that everybody must hear", () => {
    expect(names(trimmed(AUDIO, "audio"))).toEqual(["audio/opus", "audio/red"]);
    expect(names(trimmed(AUDIO, "audio", { redFirst: true }))).toEqual(["audio/red", "audio/opus"]);
  });

  test("stay whole in an engine that knows none of them", () => {
    expect(names(trimmed([codec("video/AV1"), codec("video/rtx")], "video"))).toEqual([
      "video/AV1",
      "video/rtx",
    ]);
  });
});

describe("asking for lost words again", () => {
  const SDP = [
    "v=0",
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 63",
    "a=rtpmap:111 opus/48000/2",
    "a=rtcp-fb:111 transport-cc",
    "a=rtpmap:63 red/48000/2",
    "m=video 9 UDP/TLS/RTP/SAVPF 96",
    "a=rtpmap:96 VP8/90000",
    "",
  ].join("\r\n");

  test("is offered for Opus and changes nothing else", () => {
    const lines = withAudioNack(SDP).split("\r\n");
    expect(lines.filter((line) => !SDP.split("\r\n").includes(line))).toEqual(["a=rtcp-fb:111 nack"]);
    expect(lines.indexOf("a=rtcp-fb:111 nack")).toBeLessThan(lines.indexOf("m=video 9 UDP/TLS/RTP/SAVPF 96"));
  });

  test("is offered once", () => {
    expect(withAudioNack(withAudioNack(SDP))).toBe(withAudioNack(SDP));
  });
});
