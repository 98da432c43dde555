// Rows of facts: sticky head, numbers right, one selected row, arrow keys between rows, Enter opens.
import { type KeyboardEvent, type ReactNode, useRef } from "react";
import "./styles/table.css";

export interface Column<Row> {
  id: string;
  head: ReactNode;
  /** CSS width of the column; without one it takes the rest. */
  width?: string;
  align?: "left" | "right" | "center";
  cell: (row: Row) => ReactNode;
  /** The cell that names the row for a screen reader. */
  isName?: boolean;
}

interface Props<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  selected?: string | null;
  /** With it, rows take focus and open on Enter or click. */
  onOpen?: (row: Row) => void;
  /** Said in the head instead of reordering under the pointer, e.g. "3 thay đổi, sắp xếp lại". */
  notice?: ReactNode;
}

export function Table<Row>({ label, columns, rows, keyOf, selected, onOpen, notice }: Props<Row>) {
  const body = useRef<HTMLTableSectionElement>(null);
  const move = (event: KeyboardEvent<HTMLTableRowElement>, row: Row) => {
    if (event.target !== event.currentTarget) return;
    const list = [...(body.current?.rows ?? [])];
    const at = list.indexOf(event.currentTarget);
    const steps: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      Home: 0,
      End: list.length - 1,
    };
    const next = steps[event.key];
    if (next !== undefined) {
      event.preventDefault();
      list[next]?.focus();
    } else if (event.key === "Enter") onOpen?.(row);
  };
  const stop = rows.findIndex((row) => keyOf(row) === selected);
  return (
    <div className="table-box">
      {notice && <div className="table-box__notice">{notice}</div>}
      <table className="table" aria-label={label}>
        <colgroup>
          {columns.map((column) => (
            <col key={column.id} style={column.width ? { width: column.width } : undefined} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.id} scope="col" data-align={column.align}>
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {rows.map((row, index) => (
            <tr
              key={keyOf(row)}
              aria-selected={onOpen ? keyOf(row) === selected : undefined}
              tabIndex={onOpen ? (index === Math.max(0, stop) ? 0 : -1) : undefined}
              onClick={onOpen ? () => onOpen(row) : undefined}
              onKeyDown={onOpen ? (event) => move(event, row) : undefined}
            >
              {columns.map((column) =>
                column.isName ? (
                  <th key={column.id} scope="row" data-align={column.align}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td
                    key={column.id}
                    data-align={column.align}
                    className={column.align === "right" ? "num" : undefined}
                  >
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
