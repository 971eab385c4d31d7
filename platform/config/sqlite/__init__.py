"""Django's SQLite backend, whose connections a long-lived process may keep."""
