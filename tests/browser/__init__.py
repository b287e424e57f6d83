"""Tests in a real JupyterLab in a real Chromium. A package, so that its browser ends with its last test."""
