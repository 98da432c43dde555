// One sentence per Problem code: what happened, then the step.
export const problems = {
  "problem.unknown": "Chưa thực hiện được. Thử lại, nếu vẫn vậy thì báo cán bộ hỗ trợ mã này: {code}",
  "problem.incident":
    "Máy chủ gặp lỗi và đã ghi lại. Thử lại, nếu vẫn vậy thì báo cán bộ hỗ trợ mã này: {incident}",
  "problem.client.offline": "Không nối được máy chủ. Kiểm tra mạng rồi thử lại.",
  "problem.client.bad_answer": "Máy chủ trả lời không đúng dạng. Tải lại trang rồi thử lại.",
  "problem.client.not_connected": "Đang mất kết nối với lớp. Việc này làm được khi nối lại.",
  "problem.client.timeout": "Máy chủ chưa trả lời. Thử lại sau ít giây.",
  "problem.recording.no_snapshot":
    "Chưa chụp được ảnh lớp vì bộ ghi hình chưa sẵn sàng. Thử lại sau ít giây.",
  "problem.recording.no_such_file": "Không có tệp này trong bản ghi. Tải lại trang xem lại.",
  "problem.evidence.not_found": "Không có minh chứng này, hoặc tệp không còn trên máy chủ.",
  "problem.evidence.altered":
    "Tệp này không còn đúng với mã băm ghi ở sự kiện {seq}, nên không được hiển thị như minh chứng. Hãy báo cán bộ quản trị.",
  "problem.evidence.unknown_kind": "Loại minh chứng hoặc loại tệp này không được nhận.",
  "problem.evidence.bad_size": "Tệp minh chứng trống hoặc quá lớn.",
  "problem.roll.unverified":
    "Còn {count} học viên chờ xác minh: {names}. Quyết định từng người trước khi xác nhận cả lớp.",
  "problem.roll.lesson_runs": "Buổi học chưa kết thúc. Kết thúc buổi học rồi xác nhận điểm danh.",
  "problem.roll.already_confirmed":
    "Kết quả điểm danh đã được xác nhận nên không điều chỉnh được nữa.",
  "problem.roll.reason_too_short":
    "Lý do điều chỉnh cần ít nhất {least} ký tự. Ghi rõ hơn rồi lưu lại.",
  "problem.roll.bad_mark": "Kết quả chỉ có thể là có mặt, vắng có phép hoặc vắng không phép.",
  "problem.roll.too_many_periods": "Buổi học này chỉ tính {most} tiết. Nhập lại số tiết vắng.",
  "problem.roll.no_such_student":
    "Học viên này không có trong danh sách của buổi học. Tải lại trang.",
  "problem.sheet.not_editable": "Phiếu đã xác nhận nên không sửa được nữa.",
  "problem.sheet.already_confirmed": "Phiếu đã được xác nhận. Tải lại trang để xem bản mới nhất.",
  "problem.sheet.lesson_runs": "Buổi học chưa kết thúc. Kết thúc buổi học rồi xác nhận phiếu.",
  "problem.sheet.not_sealed": "Nhật ký buổi học đang được niêm phong. Thử lại sau ít giây.",
  "problem.sheet.roll_not_confirmed":
    "Chưa xác nhận điểm danh. Xác nhận điểm danh rồi quay lại phiếu.",
  "problem.sheet.incomplete":
    "Phiếu còn thiếu {count} mục. Bổ sung các mục được đánh dấu rồi xác nhận.",
  "problem.sheet.not_confirmed": "Phiếu còn là dự thảo. Xác nhận phiếu trước khi gửi.",
  "problem.sheet.already_sent": "Phiếu đã gửi về Phòng Quản lý đào tạo.",
  "problem.sheet.unknown_field": "Phiếu không có mục này. Tải lại trang rồi ghi lại.",
  "problem.sheet.text_too_long": "Nội dung mục này dài quá {most} ký tự. Rút gọn rồi lưu lại.",
  "problem.sheet.bad_characters":
    "Nội dung có ký tự điều khiển không in được. Xóa ký tự đó rồi lưu lại.",
  "problem.sheet.no_such_page": "Bản in chỉ có {pages} trang. Tải lại bản xem trước.",
  "problem.lesson.not_started":
    "Buổi học chưa mở nên chưa có dữ liệu. Quay lại sau khi buổi học bắt đầu.",
  "problem.render.busy": "Máy chủ đang in nhiều phiếu. Thử lại sau ít giây.",
  "problem.eligibility.bad_rule":
    "Quy định về số tiết vắng chưa hợp lệ: cần phép so sánh, tỉ lệ từ 0 đến 100 và căn cứ.",
} as const;
