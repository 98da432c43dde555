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
} as const;
