import type { problems as source } from "../vi/problems";

export const problems: Record<keyof typeof source, string> = {
  "problem.unknown":
    "This could not be done. Try again; if it keeps failing, give this code to support: {code}",
  "problem.incident":
    "The server failed and has noted it. Try again; if it keeps failing, give this code to support: {incident}",
  "problem.client.offline": "The server cannot be reached. Check the network and try again.",
  "problem.client.bad_answer": "The server's answer was not understood. Reload the page and try again.",
  "problem.client.not_connected": "Disconnected from the lesson. This will work once connected again.",
  "problem.client.timeout": "The server has not answered yet. Try again in a few seconds.",
  "problem.recording.no_snapshot":
    "No picture of the class yet: the recorder is not ready. Try again in a few seconds.",
  "problem.recording.no_such_file": "The recording has no such file. Reload the playback page.",
  "problem.evidence.not_found": "There is no such evidence, or its file is gone from the server.",
  "problem.evidence.altered":
    "This file no longer matches the digest in event {seq}, so it is not shown as evidence. Please tell the administrator.",
  "problem.evidence.unknown_kind": "This kind of evidence or file is not accepted.",
  "problem.evidence.bad_size": "The file is empty or too large.",
};
