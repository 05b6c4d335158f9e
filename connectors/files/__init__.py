"""Files of rows: Parquet, CSV and JSON lines, read in order from any row on."""
