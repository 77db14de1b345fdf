"""The version of provkit."""

__version__ = "0.1.0"
