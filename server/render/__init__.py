"""Values to files: the sheet's PDF and page pictures, tables as CSV and XLSX. Reads its own fonts and templates, nothing else of the machine."""
