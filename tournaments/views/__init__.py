"""Pages of tournaments, one module per thing people do: parse, ask permission, call, show."""
