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
  "problem.roll.unverified":
    "{count} students are still to be verified: {names}. Decide each of them before confirming the class.",
  "problem.roll.lesson_runs": "The lesson is still running. End it, then confirm attendance.",
  "problem.roll.already_confirmed": "Attendance has been confirmed and can no longer be changed.",
  "problem.roll.reason_too_short":
    "The reason needs at least {least} characters. Say more, then save again.",
  "problem.roll.bad_mark": "The mark can only be present, excused or unexcused.",
  "problem.roll.too_many_periods":
    "This lesson counts {most} periods only. Enter the missed periods again.",
  "problem.roll.no_such_student": "This student is not on the lesson's list. Reload the page.",
  "problem.sheet.not_editable": "The sheet has been confirmed and can no longer be edited.",
  "problem.sheet.already_confirmed":
    "The sheet has already been confirmed. Reload the page to see it.",
  "problem.sheet.lesson_runs": "The lesson is still running. End it, then confirm the sheet.",
  "problem.sheet.not_sealed": "The lesson's log is being sealed. Try again in a few seconds.",
  "problem.sheet.roll_not_confirmed":
    "Attendance is not confirmed yet. Confirm it, then come back to the sheet.",
  "problem.sheet.incomplete":
    "The sheet lacks {count} items. Fill in the marked ones, then confirm.",
  "problem.sheet.not_confirmed": "The sheet is still a draft. Confirm it before sending.",
  "problem.sheet.already_sent": "The sheet has been sent to the training office.",
  "problem.sheet.unknown_field": "The sheet has no such field. Reload the page and write it again.",
  "problem.sheet.text_too_long":
    "This text is longer than {most} characters. Shorten it, then save again.",
  "problem.sheet.bad_characters":
    "The text holds a control character that cannot be printed. Remove it, then save again.",
  "problem.sheet.no_such_page": "The print has {pages} pages only. Reload the preview.",
  "problem.lesson.not_started":
    "The lesson has not been opened, so there is no record yet. Come back once it has begun.",
  "problem.render.busy": "The server is printing many sheets. Try again in a few seconds.",
  "problem.eligibility.bad_rule":
    "The absence rule is not valid: it needs a comparison, a share from 0 to 100 and its legal basis.",
};
