"""The plugin of pytest, run by pytest's own `pytester`, in this process wherever that can be."""
