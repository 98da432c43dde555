"""What a bundle says to people: the README inside it, and the sentence for each finding. Vietnamese first."""

from __future__ import annotations

from collections.abc import Mapping

from server.ledger.bundle.findings import Finding, Report
from server.ledger.bundle.layout import LessonLabels

README_TEMPLATE = """\
HỒ SƠ MINH CHỨNG BUỔI HỌC TRỰC TUYẾN
====================================
Trường:      {school}
Lớp:         {cohort}
Học phần:    {course_unit}
Chuyên đề:   {topic}
Ngày:        {day}
Giảng viên:  {lecturer}

Trong tệp này
  events.jsonl      nhật ký sự kiện, mỗi dòng một sự kiện; dòng sau mang mã băm của dòng trước
  seals.json        các niêm phong: nhà trường đã ký "đến đây có n sự kiện, mã băm cuối là …"
  lesson.json       họ tên ứng với các mã định danh trong nhật ký
  attendance/       danh sách kết nối, kết quả điểm danh (mở được bằng Excel)
  sheet/            phiếu theo dõi đã xác nhận (nếu có)
  evidence/         ảnh chụp và tài liệu minh chứng; sáu chữ số đầu là số thứ tự của sự kiện đã ghi mã băm của tệp
  recording/        bản kê ghi hình; kèm các đoạn ghi hình nếu được yêu cầu khi xuất
  manifest.json     mã băm SHA-256 của từng tệp; manifest.sig là chữ ký của nhà trường
  school-key.pem    khóa công khai để kiểm tra chữ ký

Kiểm tra (không cần máy chủ, cơ sở dữ liệu hay mạng)
  giangduong verify TỆP.zip                       kết quả đúng hoặc nêu sự kiện, tệp sai đầu tiên
  giangduong verify TỆP.zip --key-id {key_id}
      so với mã khóa nhà trường công bố; hãy lấy mã khóa từ nhà trường, không lấy từ tệp này
  giangduong verify TỆP.zip --anchor 9be1…        so với "Chuỗi băm cuối" in trên phiếu giấy
Cách tính được mô tả trong tài liệu "docs/record.md" của phần mềm, đủ để tự viết chương trình kiểm tra.

Điều hồ sơ này chứng minh được, và không
  Mọi sửa đổi, thêm, bớt, đổi chỗ sau khi niêm phong đều bị phát hiện. Điểm danh do máy đề xuất được tính lại từ nhật ký.
  Người giữ khóa bí mật của nhà trường và làm lại toàn bộ hồ sơ thì chỉ bị phát hiện khi so với bản đã ra ngoài:
  chuỗi băm in trên phiếu giấy, bản gửi qua thư, dấu thời gian của tổ chức cung cấp dịch vụ.
  Thời gian là thời gian máy chủ.

--------------------------------------------------------------------------------
EVIDENCE OF AN ONLINE LESSON
  events.jsonl      the event log, one event per line; each line carries the digest of the line before
  seals.json        seals: the school signed "up to here there are n events, this is the last digest"
  lesson.json       names for the ids in the log
  attendance/       connections and the result of the roll (opens in a spreadsheet)
  sheet/            the confirmed tracking sheet, if there is one
  evidence/         screenshots and files; the first six digits are the number of the event that carries the file's digest
  recording/        the recording's manifest; with its segments if asked for at export
  manifest.json     SHA-256 of each file; manifest.sig is the school's signature
  school-key.pem    the public key for checking signatures
Check it without server, database or network: giangduong verify FILE.zip  (--key-id ID as published by the school, --anchor DIGEST
as printed on the paper sheet). Any change after sealing is found. Who holds the school's private key and remakes everything
is found only by comparing with what has left the school: the digest on paper, copies sent by mail, a timestamp authority's token.
Times are server time.
"""


def readme(labels: LessonLabels, key_id: str) -> bytes:
    """The README of a bundle; lines end as Windows expects them."""
    text = README_TEMPLATE.format(
        school=labels.school,
        cohort=labels.cohort,
        course_unit=labels.course_unit,
        topic=labels.topic,
        day=labels.day,
        lecturer=labels.lecturer,
        key_id=key_id,
    )
    return text.replace("\n", "\r\n").encode("utf-8-sig")


#: By finding code: Vietnamese, English. `{detail}` is the finding's own.
SENTENCES: Mapping[str, tuple[str, str]] = {
    "event.unreadable": ("dòng này không phải một sự kiện hợp lệ ({detail})", "this line is no valid entry ({detail})"),
    "event.sequence": ("đứt số thứ tự: gặp số {detail}", "sequence broken: found number {detail}"),
    "event.other_log": ("thuộc nhật ký khác ({detail})", "belongs to another log ({detail})"),
    "event.link": ("không nối với sự kiện trước", "does not link to the event before"),
    "event.hash": ("nội dung không khớp mã băm", "content does not match its digest"),
    "event.epoch": ("kỳ sở hữu nhật ký lùi lại", "the owner's epoch goes back"),
    "event.after_seal": ("sự kiện trong lớp nằm sau niêm phong", "a fact of the live lesson after its seal"),
    "event.unknown": ("không đọc được loại sự kiện ({detail})", "unknown or malformed event ({detail})"),
    "chain.truncated": (
        "thiếu từ đây: niêm phong nói có {detail} sự kiện",
        "missing from here: a seal says {detail} events",
    ),
    "chain.shorter": (
        "thiếu từ đây: bản kê nói có {detail} sự kiện",
        "missing from here: the manifest says {detail} events",
    ),
    "chain.longer": ("thừa so với bản kê ({detail} sự kiện)", "more than the manifest says ({detail} events)"),
    "chain.head": ("mã băm cuối khác bản kê", "the last digest is not the manifest's"),
    "seal.misplaced": ("niêm phong đến sự kiện {detail} sai chỗ", "the seal up to event {detail} is out of place"),
    "seal.signature": (
        "chữ ký của niêm phong đến sự kiện {detail} không đúng",
        "wrong signature of the seal up to event {detail}",
    ),
    "seal.disagrees": (
        "từ đây đến sự kiện {detail} khác với niêm phong đã ký",
        "between here and event {detail} the chain is not the one that was sealed",
    ),
    "anchor.unknown": ("không sự kiện nào có mã băm {detail}", "no event has the digest {detail}"),
    "marks.differ": ("kết quả điểm danh không suy ra từ nhật ký", "the confirmed roll does not follow from the events"),
    "marks.uncomputable": ("không tính lại được điểm danh ({detail})", "the roll cannot be computed again ({detail})"),
    "list.differs": ("danh sách không suy ra từ nhật ký", "the list does not follow from the events"),
    "file.missing": ("thiếu tệp; sự kiện {detail} nói có tệp này", "missing; event {detail} says that it exists"),
    "file.differs_from_event": (
        "khác với mã băm ghi ở sự kiện {detail}",
        "not the file whose digest event {detail} carries",
    ),
    "file.unspoken": ("không sự kiện nào nói đến tệp này", "no event speaks of this file"),
    "file.not_listed": ("không có trong bản kê", "not in the manifest"),
    "file.listed_missing": ("có trong bản kê nhưng thiếu", "in the manifest, but missing"),
    "file.differs": ("khác với bản kê đã ký", "not the file that the signed manifest lists"),
    "file.unreadable": ("không đọc được ({detail})", "unreadable ({detail})"),
    "key.unexpected": ("khóa {detail} không phải khóa cần so", "key {detail} is not the expected one"),
    "key.foreign": ("không phải khóa đã ký các niêm phong", "not the key that signed the seals"),
    "manifest.signature": ("chữ ký của bản kê không đúng", "the manifest's signature is wrong"),
    "archive.damaged": ("tệp nén không nguyên vẹn ({detail})", "the archive is damaged ({detail})"),
    "archive.crc": ("mã kiểm trong tệp nén sai", "wrong checksum in the archive"),
}


def sentence(finding: Finding, language: str = "vi") -> str:
    """Where and what, e.g. `sự kiện 17: nội dung không khớp mã băm`."""
    vietnamese, english = SENTENCES[finding.code]
    what = (vietnamese if language == "vi" else english).format(detail=finding.detail)
    return f"{_place(finding, language)}: {what}"


def summary(report: Report, language: str = "vi") -> list[str]:
    """What was looked at, and when everything holds that it does. Says what a check without outside knowledge cannot know."""
    is_vi = language == "vi"
    lines = [
        f"{'Buổi học' if is_vi else 'Lesson'}: {report.lesson}",
        f"{'Sự kiện' if is_vi else 'Events'}: {report.events}; {'mã băm cuối' if is_vi else 'last digest'}: {report.head_hash}",
        f"{'Niêm phong' if is_vi else 'Seals'}: {report.seals} (+{report.checkpoints}); "
        f"{'đến sự kiện' if is_vi else 'up to event'} {report.sealed_seq}",
        f"{'Tệp' if is_vi else 'Files'}: {report.files}; {'phiếu' if is_vi else 'sheets'}: {report.sheets}; "
        f"{'lần xác nhận điểm danh' if is_vi else 'confirmed rolls'}: {report.rolls}; "
        f"{'đoạn ghi hình' if is_vi else 'segments'}: {report.segments}",
        f"{'Khóa của nhà trường' if is_vi else 'School key'}: {report.key_id}",
    ]
    if not report.is_sound:
        return lines
    if report.sealed_seq < report.events:
        lines.append(
            f"Lưu ý: các sự kiện sau số {report.sealed_seq} chưa được niêm phong."
            if is_vi
            else f"Note: events after number {report.sealed_seq} are not sealed yet."
        )
    lines.append(
        "ĐÚNG – nhật ký, niêm phong, tệp và kết quả điểm danh khớp nhau. Hãy so mã khóa với mã nhà trường công bố."
        if is_vi
        else "SOUND – log, seals, files and roll agree. Compare the key's id with the one that the school publishes."
    )
    return lines


def _place(finding: Finding, language: str) -> str:
    event, file, byte = ("sự kiện", "tệp", "byte") if language == "vi" else ("event", "file", "byte")
    places = []
    if finding.seq is not None:
        places.append(f"{event} {finding.seq}")
    if finding.file:
        places.append(f"{file} {finding.file}")
    if finding.byte is not None:
        places.append(f"{byte} {finding.byte}")
    return ", ".join(places) or ("hồ sơ" if language == "vi" else "bundle")
