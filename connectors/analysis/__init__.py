"""Files for analysts, and questions asked of them: Parquet by Arrow, SQL by DuckDB."""
